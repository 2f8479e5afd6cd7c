/** How far predictions are from published cells, beside two baselines that know no mechanism. */

import {mean} from '../statistics.ts';
import {figureAt, lowerIsBetter, speedOf} from './figure-units.ts';
import type {Cell, ErrorRow, OrderCheck} from './result.ts';

export const BASELINES = {
  noOverhead: 'the guest runs as fast as the published host figure of the same case',
  sameOverheadAsOthers:
    'the guest loses what the same system loses on average on the other benchmarks that are rates (published figures)',
} as const;

type Scored = Cell & {readonly published: number};
const percentageError = (predicted: number, published: number): number => ((predicted - published) / published) * 100;
const isScored = (cell: Cell): cell is Scored => cell.published !== null;

/**
 * One row per benchmark and system, and one for its guests together, for each number of host CPUs. Cells without a
 * published value are left out.
 */
export const errorRows = (cells: readonly Cell[], suts: readonly string[]): ErrorRow[] => {
  const scored = cells.filter(isScored);
  const hostCpus = [...new Set(scored.map((c) => c.hostCpus))].sort();
  return hostCpus.flatMap((count) =>
    rowsOf(
      count,
      scored.filter((c) => c.hostCpus === count),
      suts,
    ),
  );
};

/** The rows of cells that share a number of host CPUs. */
const rowsOf = (hostCpus: number, scored: readonly Scored[], suts: readonly string[]): ErrorRow[] => {
  const benchmarks = [...new Set(scored.map((c) => c.benchmark))];
  const place = (c: Scored): string => `${c.benchmark}/${c.case}`;
  const hosts = new Map(scored.filter((c) => c.sut === 'host').map((c) => [place(c), c.published]));
  const host = (c: Scored): number => hosts.get(place(c)) as number;
  const speed = (benchmark: string, sut: string): number =>
    mean(
      scored
        .filter((c) => c.benchmark === benchmark && c.sut === sut)
        .map((c) => speedOf(c.published, host(c), c.unit)),
    );
  // What a guest loses to its vCPUs' schedule is many times what it loses on a rate, and would make a bad guess of that.
  const rates = benchmarks.filter((b) => scored.some((c) => c.benchmark === b && !lowerIsBetter(c.unit)));
  const othersOf = (benchmark: string): string[] => rates.filter((b) => b !== benchmark);
  const others = (c: Scored): number =>
    figureAt(mean(othersOf(c.benchmark).map((b) => speed(b, c.sut))), host(c), c.unit);

  const row = (benchmark: string, sut: string, group: readonly Scored[]): ErrorRow => {
    const errors = group.map((c) => percentageError(c.predicted, c.published));
    const baseline = (figure: (c: Scored) => number): number =>
      mean(group.map((c) => Math.abs(percentageError(figure(c), c.published))));
    return {
      benchmark,
      hostCpus,
      sut,
      cells: group.length,
      fittedCells: group.filter((c) => c.fitted).length,
      meanAbsolutePercentageError: mean(errors.map(Math.abs)),
      worstPercentageError: errors.reduce((worst, e) => (Math.abs(e) > Math.abs(worst) ? e : worst), 0),
      noOverhead: baseline(host),
      sameOverheadAsOthers: othersOf(benchmark).length === 0 ? null : baseline(others),
    };
  };
  return benchmarks.flatMap((benchmark) => {
    const of = scored.filter((c) => c.benchmark === benchmark);
    const bySut = suts
      .map((sut) =>
        row(
          benchmark,
          sut,
          of.filter((c) => c.sut === sut),
        ),
      )
      .filter((r) => r.cells > 0);
    const guests = of.filter((c) => c.sut !== 'host');
    return guests.length > 0 ? [...bySut, row(benchmark, 'guests', guests)] : bySut;
  });
};

/** A claim of the paper: `faster` is at least as fast as `slower`, on one benchmark or on each. */
interface OrderClaim {
  readonly faster: string;
  readonly slower: string;
  readonly only?: string;
}
const ORDER_CLAIMS: readonly OrderClaim[] = [
  {faster: 'xvisor', slower: 'xen'},
  {faster: 'kvm-hugetlb', slower: 'kvm', only: 'cachebench-memcpy'},
  // The paper's conclusion on locks and virtual timers; against Xen it is among those of the first line.
  {faster: 'xvisor', slower: 'kvm', only: 'hackbench'},
  {faster: 'xvisor', slower: 'kvm-hugetlb', only: 'hackbench'},
];

/** Claims of the paper about which system is faster, checked on the mean predicted figure of each benchmark. */
export const orderChecks = (cells: readonly Cell[]): OrderCheck[] => {
  const oneCpu = cells.filter((c) => c.hostCpus === 1);
  const benchmarks = [...new Set(oneCpu.map((c) => c.benchmark))];
  return ORDER_CLAIMS.flatMap(({faster, slower, only}) =>
    benchmarks
      .filter((b) => only === undefined || b === only)
      .flatMap((benchmark) => {
        const of = (sut: string): readonly Cell[] => oneCpu.filter((c) => c.benchmark === benchmark && c.sut === sut);
        return orderCheck(benchmark, of(faster), of(slower));
      }),
  );
};

/** None where one of the two systems has no cells. */
const orderCheck = (benchmark: string, faster: readonly Cell[], slower: readonly Cell[]): OrderCheck[] => {
  const [first, second] = [faster[0], slower[0]];
  if (first === undefined || second === undefined) return [];
  const [a, b] = [faster, slower].map((group) => mean(group.map((c) => c.predicted))) as [number, number];
  const inTime = lowerIsBetter(first.unit);
  return [
    {
      claim: `${first.sut} ${inTime ? 'takes no longer than' : '≥'} ${second.sut} on ${benchmark}`,
      holds: inTime ? a <= b : a >= b,
      evidence: `predicted ${a.toPrecision(6)} and ${b.toPrecision(6)}${inTime ? ` ${first.unit}` : ''}`,
    },
  ];
};
