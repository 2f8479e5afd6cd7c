/** Errors of a fit on cells that it saw, and on cells that were left out, in one table. */
import type {FitSummary, Validation} from '../predict/result.ts';

export const VALIDATION_COLUMNS = [
  'fitted on',
  'benchmark',
  'systems',
  'cells',
  'error',
  '(a) none',
  '(b) as others',
  'pairs in order',
];

const percent = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)} %`);

/** All guests of a benchmark together where all are there; otherwise one by one. */
const shown = ({errors}: Validation): Validation['errors'] =>
  errors.filter(
    ({benchmark, sut}) => sut === 'guests' || !errors.some((e) => e.sut === 'guests' && e.benchmark === benchmark),
  );

export const validationRows = ({inSample, validations}: Pick<FitSummary, 'inSample' | 'validations'>): string[][] =>
  [inSample, ...validations].flatMap((validation) =>
    shown(validation)
      .filter(({sut}) => sut !== 'host')
      .map((e, i) => [
        i === 0 ? validation.title : '',
        e.benchmark,
        e.sut,
        String(e.cells),
        percent(e.meanAbsolutePercentageError),
        percent(e.noOverhead),
        percent(e.sameOverheadAsOthers),
        i === 0 ? `${validation.orders.inOrder} of ${validation.orders.pairs}` : '',
      ]),
  );

export const coverageStatement = ({inSample, leftOut}: FitSummary['coverage']): string =>
  `Within 95 % intervals: ${inSample.inside} of ${inSample.cells} guest cells in sample, ${leftOut.inside} of ${leftOut.cells} left out`;

export const fitStatement = ({parameters, atBound, cells}: FitSummary): string => {
  const held = atBound.length === 0 ? 'none at a bound' : `at a bound: ${atBound.join(', ')}`;
  return `The fit: ${parameters} parameters (${held}) for ${cells} cells; errors of guest cells, in sample and left out`;
};

export const PAIRS_NOTE =
  'Pairs: two systems on the same case whose measured values differ by more than 3 standard deviations of the runs.';
