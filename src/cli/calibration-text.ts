/** A fit as text: estimates, what the data identify, and errors on what was left out. */
import type {FitFile} from '../predict/fit-file.ts';
import {formatNumber} from '../report/format.ts';
import {validationTable} from '../report/tables.ts';
import {coverageStatement, PAIRS_NOTE} from '../report/validation-table.ts';
import {textTable} from './text-table.ts';

const percent = (value: number, digits = 2): string => `${value.toFixed(digits)} %`;

const estimates = ({parameters}: FitFile): string =>
  textTable(
    ['parameter', 'unit', 'value', 'prior', 'lowest', 'highest', '95 % from', 'to', 'of prior', 'at bound'],
    parameters.map(({id, unit, value, prior, lower, upper, interval, shareOfPrior, atBound}) => [
      id,
      unit,
      ...[value, prior, lower, upper, ...interval].map(formatNumber),
      shareOfPrior.toFixed(2),
      atBound ? 'yes' : 'no',
    ]),
    {words: 2},
  );

const combinations = ({combinations: all}: FitFile): string =>
  textTable(
    ['singular value', 'identified', 'combination'],
    all.map(({singularValue, isIdentified, of}) => [
      singularValue.toPrecision(3),
      isIdentified ? 'yes' : 'no',
      of.map(({id, weight}) => `${weight.toFixed(2)} ${id}`).join(', '),
    ]),
    {words: 2, lastIsWords: true},
  );

const correlations = ({covarianceOf, correlation}: FitFile): string =>
  textTable(
    ['', ...covarianceOf.map((_, i) => String(i + 1))],
    covarianceOf.map((id, i) => [`${i + 1} ${id}`, ...correlation[i]!.map((v) => v.toFixed(2))]),
  );

/** The cells that the fit leans on most. */
const INFLUENTIAL = 8;

const influence = ({residuals}: FitFile): string =>
  textTable(
    ['cell', 'error', 'leverage', "Cook's distance", 'moves most', 'standard errors'],
    residuals
      .toSorted((a, b) => b.cooksDistance - a.cooksDistance)
      .slice(0, INFLUENTIAL)
      .map(({benchmark, case: name, sut, errorPercent, leverage, cooksDistance, movesMost, byStandardErrors}) => [
        `${benchmark} ${name} ${sut}`,
        percent(errorPercent),
        leverage.toFixed(2),
        cooksDistance.toPrecision(2),
        movesMost,
        byStandardErrors.toFixed(2),
      ]),
  );

const WORTH = 5;

const measurements = ({measurements: all}: FitFile): string =>
  textTable(
    ['one more measurement', 'narrows by', 'most'],
    all.slice(0, WORTH).map(({what, reductionPercent, most}) => [what, percent(reductionPercent, 1), most]),
    {lastIsWords: true},
  );

export const calibrationText = (fit: FitFile): string => {
  const {parameters, cells, groups, starts, sumOfSquares, coverage} = fit;
  const held = parameters.filter(({atBound}) => atBound).map(({id}) => id);
  return [
    `${parameters.length} parameters, ${cells} cells in ${groups} groups. ${starts.agreeing} of ${starts.tried} starts end at these values. Squares: ${sumOfSquares.data.toPrecision(4)} of the cells, ${sumOfSquares.priors.toPrecision(4)} of the priors.`,
    held.length === 0 ? 'No parameter stands at a bound.' : `At a bound: ${held.join(', ')}.`,
    estimates(fit),
    'Directions that the data identify (singular value above 1, in units of the priors), and those that only priors hold:',
    combinations(fit),
    'Correlations of the estimates:',
    correlations(fit),
    'Errors of guest cells:',
    validationTable(fit),
    PAIRS_NOTE,
    'Cells that the estimates owe most to:',
    influence(fit),
    `${coverageStatement(coverage)}.`,
    "What would narrow the parameters' part of the second vector's intervals, on average:",
    measurements(fit),
  ].join('\n\n');
};
