/** How far the predictions are from the published tables, errors first, as sections of docs/validation.md. */
import {type Ranking, RESOLUTION} from '../calibration/hypotheses.ts';
import {lowerIsBetter} from '../predict/figure-units.ts';
import type {FitFile} from '../predict/fit-file.ts';
import type {Cell, Reproduction} from '../predict/result.ts';
import {mean} from '../statistics.ts';
import {formatNumber} from './format.ts';
import {markdownTable, marksOf, withMarkedSection} from './marked-section.ts';
import {coverageStatement, PAIRS_NOTE, VALIDATION_COLUMNS, validationRows} from './validation-table.ts';

export const PAPER_MARKS = marksOf('validate paper');

type Scored = Cell & {readonly published: number};

const isScored = (cell: Cell): cell is Scored => cell.published !== null;
const percent = (value: number, digits = 2): string => `${value.toFixed(digits)} %`;
const signed = (value: number, digits = 2): string => `${value > 0 ? '+' : ''}${percent(value, digits)}`;
const errorOf = ({predicted, published}: Scored): number => (predicted / published - 1) * 100;

/** What a guest loses against the host, in percent of the host's figure. */
const lossOf = (host: number, figure: number, unit: Cell['unit']): number =>
  (lowerIsBetter(unit) ? figure / host - 1 : 1 - figure / host) * 100;

/** Cells that are listed. */
const WORST = 15;

const worstCells = (cells: readonly Scored[]): readonly string[] => {
  const host = new Map(cells.filter(({sut}) => sut === 'host').map((c) => [`${c.benchmark}/${c.case}`, c]));
  const isOutside = ({published, lower, upper}: Scored): boolean => published < lower || published > upper;
  const rows = cells
    .filter(({sut}) => sut !== 'host')
    .toSorted((a, b) => Math.abs(errorOf(b)) - Math.abs(errorOf(a)))
    .slice(0, WORST)
    .map((cell) => {
      const native = host.get(`${cell.benchmark}/${cell.case}`)!;
      return [
        `${cell.benchmark} ${cell.case}`,
        cell.sut,
        `${formatNumber(cell.published)} ${cell.unit}`,
        formatNumber(cell.predicted),
        signed(errorOf(cell)),
        signed(lossOf(native.published, cell.published, cell.unit), 1),
        signed(lossOf(native.predicted, cell.predicted, cell.unit), 1),
        isOutside(cell) ? 'outside' : 'inside',
      ];
    });
  return markdownTable(
    ['cell', 'system', 'published', 'predicted', 'error', 'published loss', 'predicted loss', '95 % interval'],
    rows,
  );
};

const errorTable = ({errors, baselines}: Reproduction): readonly string[] => [
  ...markdownTable(
    ['benchmark', 'system', 'cells', 'fitted', 'mean absolute error', 'worst', '(a)', '(b)'],
    errors
      .filter(({hostCpus}) => hostCpus === 1)
      .map((e) => [
        e.benchmark,
        e.sut,
        String(e.cells),
        String(e.fittedCells),
        percent(e.meanAbsolutePercentageError),
        signed(e.worstPercentageError),
        percent(e.noOverhead),
        e.sameOverheadAsOthers === null ? '–' : percent(e.sameOverheadAsOthers),
      ]),
  ),
  '',
  `(a) ${baselines.noOverhead}. (b) ${baselines.sameOverheadAsOthers}.`,
];

const intervalTable = (cells: readonly Cell[]): readonly string[] => {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    if (cell.deviations === null || cell.sut === 'host') continue;
    const key = `${cell.benchmark}\n${cell.hostCpus}\n${cell.sut}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return markdownTable(
    ['benchmark', 'host CPUs', 'system', 'parameters', 'placement', 'discrepancy', 'half of the 95 % interval'],
    [...groups].map(([key, group]) => {
      const of = (part: keyof NonNullable<Cell['deviations']>): string =>
        percent(mean(group.map(({deviations}) => deviations![part])) * 100);
      const half = mean(group.map(({lower, upper, predicted}) => (upper - lower) / 2 / predicted)) * 100;
      return [...key.split('\n'), of('parameters'), of('placement'), of('discrepancy'), percent(half)];
    }),
  );
};

/** A share of its prior's deviation above which an estimate is the prior's. */
const UNMOVED = 0.9;

const identificationText = ({parameters, combinations}: FitFile): readonly string[] => {
  const identified = combinations.filter((one) => one.isIdentified);
  const names = (of: readonly {readonly id: string}[]): string => of.map(({id}) => `\`${id}\``).join(', ');
  return [
    `Of ${parameters.length} parameters the cells identify ${identified.length} combinations (a singular value of the Jacobian above 1, in units of the priors):`,
    '',
    ...markdownTable(
      ['singular value', 'combination'],
      identified.map(({singularValue, of}) => [
        singularValue.toPrecision(3),
        of.map(({id, weight}) => `${weight.toFixed(2)} ${id}`).join(', '),
      ]),
    ),
    '',
    `What stays where its source put it, because these tables do not say anything about it: ${names(
      parameters.filter(({shareOfPrior}) => shareOfPrior > UNMOVED),
    )}. Their sum over a path is known better than any of them: a benchmark sees what ticks cost, not what a barrier does.`,
    '',
    ...markdownTable(
      ['parameter', 'unit', 'estimate', '95 %', 'prior', 'bounds', 'of prior'],
      parameters.map(({id, unit, value, interval, prior, lower, upper, shareOfPrior, atBound}) => [
        id,
        unit,
        formatNumber(value),
        interval.map(formatNumber).join(' to '),
        formatNumber(prior),
        `${formatNumber(lower)} to ${formatNumber(upper)}${atBound ? ' (at one)' : ''}`,
        shareOfPrior.toFixed(2),
      ]),
    ),
  ];
};

/** Of the measurements' list. */
const NAMED = 5;

const measurementTable = ({measurements}: FitFile): readonly string[] =>
  markdownTable(
    ['one more measurement', 'narrows by', 'most'],
    measurements
      .slice(0, NAMED)
      .map(({what, accuracyPercent, reductionPercent, most}) => [
        `${what} (to ${accuracyPercent} %)`,
        percent(reductionPercent, 1),
        most,
      ]),
  );

const rankingSection = ({
  tried,
  defaultRank,
  combinations,
  alternatives,
  unseen,
  cases,
}: Ranking): readonly string[] => [
  `${tried} combinations of what no source settles, each fitted anew and scored by its error on benchmarks that its fit did not see, as a share of what guests lose (sizes ${(cases['cachebench-memcpy'] ?? []).join(', ')}). The combination in use is number ${defaultRank}; the best is ${Object.values(combinations[0]!.choices).join(', ')} (${combinations[0]!.score.toFixed(4)}); scores within ${RESOLUTION} of each other are not told apart.`,
  '',
  ...markdownTable(
    ['unknown', 'alternative', 'in use', 'best score with it', 'rank of that'],
    alternatives.map(({unknown, alternative, isDefault, bestScore, rank}) => [
      unknown,
      alternative,
      isDefault ? 'yes' : '',
      bestScore.toFixed(4),
      String(rank),
    ]),
  ),
  '',
  `One host CPU cannot tell: ${unseen.join(', ')}.`,
];

const secondVectorTable = (cells: readonly Cell[]): readonly string[] => {
  const second = cells.filter(({hostCpus}) => hostCpus === 2);
  const suts = [...new Set(second.map(({sut}) => sut))].filter((sut) => sut !== 'host');
  const losses = (benchmark: string, sut: string): number => {
    const of = (one: string): Cell[] => second.filter((c) => c.benchmark === benchmark && c.sut === one);
    const hosts = of('host');
    return mean(of(sut).map((c, i) => lossOf(hosts[i]!.predicted, c.predicted, c.unit)));
  };
  return markdownTable(
    ['predicted mean loss, two host CPUs', ...suts],
    [...new Set(second.map(({benchmark}) => benchmark))].map((benchmark) => [
      benchmark,
      ...suts.map((sut) => percent(losses(benchmark, sut))),
    ]),
  );
};

/** All generated sections. */
const paperSection = (reproduction: Reproduction, fit: FitFile, ranking: Ranking): string => {
  const scored = reproduction.cells.filter(isScored);
  return [
    `From \`${reproduction.provenance.command}\` and the fit that \`${fit.command}\` stored: ${fit.parameters.length} fitted parameters for ${fit.cells} cells.`,
    '',
    '### The worst cells',
    '',
    ...worstCells(scored),
    '',
    '### Errors in sample',
    '',
    ...errorTable(reproduction),
    '',
    '### Errors on what was left out',
    '',
    ...markdownTable(VALIDATION_COLUMNS, validationRows(fit)),
    '',
    `${PAIRS_NOTE} ${coverageStatement(fit.coverage)}.`,
    '',
    '### What the intervals are made of',
    '',
    'Relative standard deviations, means over cases.',
    '',
    ...intervalTable(reproduction.cells),
    '',
    '### What the data identify',
    '',
    ...identificationText(fit),
    '',
    '### Which measurement would help most',
    '',
    "How much narrower the parameters' part of the second vector's intervals would get on average, by one more number from a board.",
    '',
    ...measurementTable(fit),
    '',
    "### What the figures say about the paper's set-up",
    '',
    ...rankingSection(ranking),
    '',
    '### The second vector, predicted',
    '',
    ...secondVectorTable(reproduction.cells),
  ].join('\n');
};

export const withPaperSection = (
  markdown: string,
  reproduction: Reproduction,
  fit: FitFile,
  ranking: Ranking,
): string => withMarkedSection(markdown, PAPER_MARKS, paperSection(reproduction, fit, ranking));
