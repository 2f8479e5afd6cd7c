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
