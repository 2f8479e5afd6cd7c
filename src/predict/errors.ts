/** How far predictions are from published cells, beside two baselines that know no mechanism. */
import type {Cell, ErrorRow, OrderCheck} from './result.ts';
import {mean} from './workloads.ts';

export const BASELINES = {
  noOverhead: 'the guest runs as fast as the published host figure of the same case',
  sameOverheadAsOthers:
    'the guest loses what the same system loses on average on the other benchmarks (published figures)',
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
    mean(scored.filter((c) => c.benchmark === benchmark && c.sut === sut).map((c) => c.published / host(c)));
  const others = (c: Scored): number =>
    host(c) * mean(benchmarks.filter((b) => b !== c.benchmark).map((b) => speed(b, c.sut)));

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
      sameOverheadAsOthers: benchmarks.length < 2 ? null : baseline(others),
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

/** Claims of the paper about which system is faster, checked on the mean predicted figure of each benchmark. */
export const orderChecks = (cells: readonly Cell[]): OrderCheck[] => {
  const predicted = (benchmark: string, sut: string): number =>
    mean(cells.filter((c) => c.benchmark === benchmark && c.sut === sut && c.hostCpus === 1).map((c) => c.predicted));
  const check = (benchmark: string, faster: string, slower: string): OrderCheck => {
    const [a, b] = [predicted(benchmark, faster), predicted(benchmark, slower)];
    return {
      claim: `${faster} ≥ ${slower} on ${benchmark}`,
      holds: a >= b,
      evidence: `predicted ${a.toPrecision(6)} and ${b.toPrecision(6)}`,
    };
  };
  const benchmarks = [...new Set(cells.map((c) => c.benchmark))];
  const has = (sut: string): boolean => cells.some((c) => c.sut === sut);
  return [
    ...benchmarks.filter(() => has('xvisor') && has('xen')).map((b) => check(b, 'xvisor', 'xen')),
    ...benchmarks
      .filter((b) => b === 'cachebench-memcpy' && has('kvm') && has('kvm-hugetlb'))
      .map((b) => check(b, 'kvm-hugetlb', 'kvm')),
  ];
};
