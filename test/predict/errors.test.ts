import {describe, expect, test} from 'vitest';
import {errorRows, orderChecks} from '../../src/predict/errors.ts';
import type {Cell, ErrorRow} from '../../src/predict/result.ts';

const cell = (
  benchmark: string,
  name: string,
  sut: string,
  predicted: number,
  published: number | null,
  more: Partial<Cell> = {},
): Cell => ({
  table: 'X',
  benchmark,
  hostCpus: 1,
  case: name,
  sut,
  unit: 'MB/s',
  predicted,
  lower: predicted,
  upper: predicted,
  deviations: null,
  published,
  fitted: false,
  ...more,
});

/** Published: the guest does 0.8 and 0.9 of the host on a, 0.5 on b. */
const CELLS: readonly Cell[] = [
  cell('a', '1', 'host', 101, 100),
  cell('a', '2', 'host', 200, 200),
  cell('a', '1', 'guest', 88, 80, {fitted: true}),
  cell('a', '2', 'guest', 171, 180),
  cell('b', '1', 'host', 10, 10),
  cell('b', '1', 'guest', 6, 5),
  cell('b', '2', 'guest', 6, null),
];
const rowOf = (rows: readonly ErrorRow[], benchmark: string, sut: string): ErrorRow =>
  rows.find((r) => r.benchmark === benchmark && r.sut === sut) as ErrorRow;

describe('errorRows', () => {
  const rows = errorRows(CELLS, ['host', 'guest']);

  test('rows: each system, then the guests together; cells without a published value are left out', () => {
    expect(rows.map((r) => [r.benchmark, r.sut, r.cells, r.fittedCells])).toEqual([
      ['a', 'host', 2, 0],
      ['a', 'guest', 2, 1],
      ['a', 'guests', 2, 1],
      ['b', 'host', 1, 0],
      ['b', 'guest', 1, 0],
      ['b', 'guests', 1, 0],
    ]);
  });

  test('errors: (88 − 80) / 80 = 10 %, (171 − 180) / 180 = −5 %; mean of absolute values 7.5', () => {
    const row = rowOf(rows, 'a', 'guest');
    expect(row.meanAbsolutePercentageError).toBeCloseTo(7.5, 10);
    expect(row.worstPercentageError).toBeCloseTo(10, 10);
    expect(rowOf(rows, 'b', 'guest').worstPercentageError).toBeCloseTo(20, 10);
  });

  test('the worst error keeps its sign', () => {
    const low = [cell('a', '1', 'host', 100, 100), cell('a', '1', 'guest', 60, 80), cell('a', '2', 'guest', 81, 80)];
    expect(errorRows([...low, cell('a', '2', 'host', 1, 100)], ['guest'])[0]?.worstPercentageError).toBe(-25);
  });

  test('no overhead: 100 for 80 is 25 %, 200 for 180 is 11.1 %', () => {
    expect(rowOf(rows, 'a', 'guest').noOverhead).toBeCloseTo((25 + 100 / 9) / 2, 10);
    expect(rowOf(rows, 'a', 'host').noOverhead).toBe(0);
  });

  test('same overhead as the others: on b the guest does (0.8 + 0.9) / 2 = 0.85 of 10, 70 % too much for 5', () => {
    expect(rowOf(rows, 'b', 'guest').sameOverheadAsOthers).toBeCloseTo(70, 10);
    // on a 0.5 of 100 for 80 is −37.5 %, 0.5 of 200 for 180 −44.4 %
    expect(rowOf(rows, 'a', 'guest').sameOverheadAsOthers).toBeCloseTo((37.5 + 400 / 9) / 2, 10);
  });

  test('cells with one and with two host CPUs are scored against their own hosts', () => {
    const two = [cell('a', '1', 'host', 160, 160, {hostCpus: 2}), cell('a', '1', 'guest', 120, 120, {hostCpus: 2})];
    const [one] = errorRows(
      CELLS.filter((c) => c.benchmark === 'a'),
      ['guest'],
    );
    const both = errorRows([...CELLS.filter((c) => c.benchmark === 'a'), ...two], ['guest']);
    // the row of one host CPU does not change by what is known of two: 25 % and 11.1 %
    expect(both.some((r) => Math.abs(r.noOverhead - one!.noOverhead) < 1e-9)).toBe(true);
  });

  test('with a single benchmark there are no others: the baseline is not a number that could be read as one', () => {
    const [row] = errorRows(
      CELLS.filter((c) => c.benchmark === 'b'),
      ['guest'],
    );
    expect(row?.sameOverheadAsOthers).toBeNull();
  });
});

describe('errorRows with a time beside rates', () => {
  const time = (name: string, sut: string, predicted: number, published: number): Cell =>
    cell('t', name, sut, predicted, published, {unit: 's'});
  /** Published: the guest takes 2 and 1.6 times the host's seconds on t, so it is 1/2 and 5/8 as fast. */
  const timed = [
    time('1', 'host', 1, 1),
    time('2', 'host', 5, 5),
    time('1', 'guest', 1.8, 2),
    time('2', 'guest', 8.4, 8),
  ];
  const rows = errorRows([...CELLS, ...timed], ['host', 'guest']);

  test('errors are in percent of the seconds: (1.8 − 2) / 2 = −10 %, (8.4 − 8) / 8 = 5 %', () => {
    const row = rowOf(rows, 't', 'guest');
    expect(row.meanAbsolutePercentageError).toBeCloseTo(7.5, 10);
    expect(row.worstPercentageError).toBeCloseTo(-10, 10);
  });

  test('no overhead: 1 s for 2 is −50 %, 5 s for 8 is −37.5 %', () => {
    expect(rowOf(rows, 't', 'guest').noOverhead).toBeCloseTo((50 + 37.5) / 2, 10);
  });

  test('same overhead as the rates: speed (0.85 + 0.5) / 2 = 0.675, so 1 / 0.675 s for 2 and 5 / 0.675 s for 8', () => {
    // 1.4815 for 2 is −25.93 %, 7.4074 for 8 is −7.41 %
    const [first, second] = [100 * (1 - 1 / 0.675 / 2), 100 * (1 - 5 / 0.675 / 8)];
    expect(rowOf(rows, 't', 'guest').sameOverheadAsOthers).toBeCloseTo((first + second) / 2, 10);
    expect((first + second) / 2).toBeCloseTo(16.67, 2);
    expect(rowOf(rows, 't', 'host').sameOverheadAsOthers).toBe(0);
  });

  test('a rate with a time beside it knows no more than without: speed 0.85 of 10 for 5 is 70 %', () => {
    expect(rowOf(rows, 'b', 'guest').sameOverheadAsOthers).toBeCloseTo(70, 10);
  });

  test('the rates keep all else', () => {
    const without = errorRows(CELLS, ['host', 'guest']);
    const kept = (all: readonly ErrorRow[]) => all.map((row) => ({...row, sameOverheadAsOthers: 'others'}));
    expect(kept(rows.filter((row) => row.benchmark !== 't'))).toEqual(kept(without));
  });
});

describe('orderChecks', () => {
  const of = (xvisor: number, xen: number, kvm = 1, hugetlb = 2) => [
    cell('cachebench-memcpy', '1', 'xvisor', xvisor, null),
    cell('cachebench-memcpy', '1', 'xen', xen, null),
    cell('cachebench-memcpy', '1', 'kvm', kvm, null),
    cell('cachebench-memcpy', '1', 'kvm-hugetlb', hugetlb, null),
  ];

  test.each([
    [2, 1, true],
    [1, 1, true],
    [1, 2, false],
  ])('xvisor %d against xen %d: %s', (xvisor, xen, holds) => {
    expect(orderChecks(of(xvisor, xen))[0]).toEqual({
      claim: 'xvisor ≥ xen on cachebench-memcpy',
      holds,
      evidence: `predicted ${xvisor}.00000 and ${xen}.00000`,
    });
  });

  test('HugeTLB against plain KVM on memcpy only', () => {
    expect(orderChecks(of(1, 1, 3, 2)).map((o) => [o.claim, o.holds])).toEqual([
      ['xvisor ≥ xen on cachebench-memcpy', true],
      ['kvm-hugetlb ≥ kvm on cachebench-memcpy', false],
    ]);
    expect(orderChecks(of(1, 1).map((c) => ({...c, benchmark: 'dhrystone'}))).map((o) => o.claim)).toEqual([
      'xvisor ≥ xen on dhrystone',
    ]);
  });

  test.each([
    [1, 2, true],
    [2, 2, true],
    [2, 1, false],
  ])('of seconds fewer are faster: xvisor %d against xen %d: %s', (xvisor, xen, holds) => {
    const cells = of(xvisor, xen).map((c): Cell => ({...c, benchmark: 'jobs', unit: 's'}));
    expect(orderChecks(cells)).toEqual([
      {
        claim: 'xvisor takes no longer than xen on jobs',
        holds,
        evidence: `predicted ${xvisor}.00000 and ${xen}.00000 s`,
      },
    ]);
  });

  test('on Hackbench Xvisor is claimed to be faster than KVM too, with small and with large pages', () => {
    const cells = of(2, 3, 4, 1).map((c): Cell => ({...c, benchmark: 'hackbench', unit: 's'}));
    expect(orderChecks([...of(1, 1), ...cells]).map((o) => [o.claim, o.holds])).toEqual([
      ['xvisor ≥ xen on cachebench-memcpy', true],
      ['xvisor takes no longer than xen on hackbench', true],
      ['kvm-hugetlb ≥ kvm on cachebench-memcpy', true],
      ['xvisor takes no longer than kvm on hackbench', true],
      ['xvisor takes no longer than kvm-hugetlb on hackbench', false],
    ]);
  });

  test('nothing is claimed of a benchmark that one of the two systems has not run', () => {
    const alone = cell('stream-scale', '1', 'xvisor', 1, null);
    const withTwo = cell('stream-scale', '1', 'xen', 1, null, {hostCpus: 2});
    expect(orderChecks([...of(2, 1), alone, withTwo]).map((o) => o.claim)).toEqual([
      'xvisor ≥ xen on cachebench-memcpy',
      'kvm-hugetlb ≥ kvm on cachebench-memcpy',
    ]);
  });

  test('means over the cases with one host CPU decide', () => {
    const cells = [
      ...of(2, 1),
      cell('cachebench-memcpy', '2', 'xen', 10, null),
      cell('cachebench-memcpy', '1', 'xvisor', 99, null, {hostCpus: 2}),
    ];
    // xen (1 + 10) / 2 = 5.5 against xvisor 2
    expect(orderChecks(cells)[0]).toMatchObject({holds: false, evidence: 'predicted 2.00000 and 5.50000'});
  });
});
