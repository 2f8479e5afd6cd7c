import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type CostInput, cost, type RatedActivity} from '../../src/costmodel/cost.ts';
import {METRIC, METRICS, newCounts} from '../../src/costmodel/metrics.ts';
import {type Prices, pathCycles, pricePath} from '../../src/costmodel/prices.ts';
import type {Build, Path} from '../../src/hypervisors/path-schema.ts';

const PATH: Path = {
  kind: 'measured',
  source: 'test',
  instructions: 1000,
  device: 2,
  barriers: 3,
  instructionBarriers: 1,
  systemRegisters: 10,
  code: 64,
  data: 64,
  modeSwitches: 1,
  steps: [],
};
const PRICES: Prices = {
  device: 50,
  barrier: 10,
  instructionBarrier: 20,
  systemRegister: 2,
  modeSwitch: 40,
  missExposure: 0.5,
  instructionFactor: 1,
};
const buildOf = (id: string): Build => ({
  id,
  title: id,
  kind: 'assumed',
  source: 'test',
  cyclesPerInstruction: {value: 99, unit: 'cycles/instruction', kind: 'assumed', source: 'test'},
  sharedPath: 'trap',
  paths: {trap: PATH},
});
const activityOf = (paths: readonly string[], ratePerSecond: number): RatedActivity => ({
  activity: {
    id: 'tick',
    title: 'tick',
    rate: {value: ratePerSecond, unit: 'Hz', kind: 'assumed', source: 'test'},
    shareOfTwoCpus: 1,
    isBackground: false,
    source: 'test',
    paths: [...paths],
  },
  paths: paths.map((name) => ({name, path: PATH, build: buildOf(name.startsWith('linux:') ? 'linux' : 'hypervisor')})),
  ratePerSecond,
});

const countsOf = (values: Partial<Record<keyof typeof METRIC, number>>): Float64Array => {
  const counts = newCounts();
  for (const [metric, value] of Object.entries(values)) counts[METRIC[metric as keyof typeof METRIC]] = value;
  return counts;
};

/** 6000 pipeline cycles × 1.5 and 1000 of DRAM waits over 10 units: G = 1000. Two executions waited 1160 cycles in all. */
const INPUT: CostInput = {
  counts: {
    metrics: countsOf({pipelineCycles: 6000, stallDram: 1000}),
    activities: [
      {
        id: 'tick',
        executions: 2,
        stallCycles: 1160,
        waitPerExecution: 580,
        instructionMisses: 0,
        dataMisses: 0,
        dramReads: 0,
      },
    ],
    elapsed: 0,
  },
  activities: [activityOf(['trap'], 100)],
  work: 10,
  clockHz: 1e6,
  pipelineScale: 1.5,
  prices: PRICES,
  cyclesPerInstruction: {hypervisor: 1.5, linux: 1},
};

describe('a path', () => {
  test('is priced primitive by primitive', () => {
    expect(pricePath(PATH, 1.5, PRICES)).toEqual([
      {primitive: 'instructions', count: 1000, cycles: 1500}, // 1000 × 1.5
      {primitive: 'device', count: 2, cycles: 100}, // 2 × 50
      {primitive: 'barriers', count: 4, cycles: 50}, // 3 × 10 + 1 × 20
      {primitive: 'systemRegisters', count: 10, cycles: 20}, // 10 × 2
      {primitive: 'modeSwitches', count: 1, cycles: 40},
    ]);
  });

  test('costs the sum: 1500 + 100 + 50 + 20 + 40', () => {
    expect(pathCycles(PATH, 1.5, PRICES)).toBe(1710);
  });
});

describe('the price of a unit of work', () => {
  test('one activity: c = 1710 + ½ · 1160 / 2 = 2000, so T = 1000 / (1 − 100 · 2000 / 10⁶) = 1250', () => {
    const {cycles, items} = cost(INPUT);
    expect(cycles).toBe(1250);
    const shown = items
      .filter((item) => item.cycles > 0)
      .map((i) => [i.group, i.mechanism, Number(i.cycles.toFixed(9))]);
    // an item of the activity is T · r · its cycles / clock = 0.125 of them
    expect(shown).toEqual([
      ['guest', 'executing instructions', 900],
      ['guest', 'waiting for DRAM', 100],
      ['hypervisor', 'tick: instructions', 187.5],
      ['hypervisor', 'tick: GIC accesses', 12.5],
      ['hypervisor', 'tick: barriers, registers, mode switches', 13.75],
      ['hypervisor', 'tick: its lines and pages missing', 36.25],
    ]);
  });

  test('a path of the guest kernel is an item of its own: 1000 + 100 + 50 + 20 + 40 = 1210', () => {
    const {cycles, items} = cost({...INPUT, activities: [activityOf(['trap', 'linux:trap'], 100)]});
    // c = 2000 + 1210; T = 1000 / (1 − 0.321)
    expect(cycles).toBeCloseTo(1000 / 0.679, 9);
    const kernel = items.find((item) => item.group === 'kernel');
    expect(kernel?.mechanism).toBe('tick: guest kernel');
    expect(kernel?.cycles).toBeCloseTo((1000 / 0.679) * 0.121, 9);
  });

  test('every stall counter has its item', () => {
    const stalls = METRICS.flatMap(([id], i) => (id.startsWith('stall.') || id === 'cycles.branch' ? [i] : []));
    expect(stalls.length).toBe(11);
    for (const index of stalls) {
      const metrics = newCounts();
      metrics[index] = 70;
      expect(cost({...INPUT, activities: [], counts: {...INPUT.counts, metrics}}).cycles).toBe(7);
    }
  });

  test('a rate of zero costs nothing', () => {
    expect(cost({...INPUT, activities: [activityOf(['trap'], 0)]}).cycles).toBe(1000);
  });

  test('activities that fill the CPU leave no answer', () => {
    // 2000 cycles each: 500 a second are 10⁶
    expect(() => cost({...INPUT, activities: [activityOf(['trap'], 500)]})).toThrow(/100 % of the CPU/);
    expect(cost({...INPUT, activities: [activityOf(['trap'], 499)]}).cycles).toBeCloseTo(1000 / 0.002, 6);
  });

  test('a build without cycles per instruction is an error', () => {
    expect(() => cost({...INPUT, cyclesPerInstruction: {linux: 1}})).toThrow(/no cycles per instruction.*'hypervisor'/);
  });
});

describe('laws of any counts', () => {
  const anyCounts = fc
    .array(fc.nat(1e9), {minLength: METRICS.length, maxLength: METRICS.length})
    .map((values) => Float64Array.from(values));
  const anyInput = fc.record({
    metrics: anyCounts,
    rate: fc.integer({min: 1, max: 400}),
    stallCycles: fc.nat(2000),
    work: fc.integer({min: 1, max: 1e6}),
  });
  const inputOf = ({metrics, rate, stallCycles, work}: typeof anyInput extends fc.Arbitrary<infer T> ? T : never) => ({
    ...INPUT,
    work,
    activities: [activityOf(['trap', 'linux:trap'], rate / 2)],
    counts: {
      ...INPUT.counts,
      metrics,
      activities: [{...INPUT.counts.activities[0]!, stallCycles, waitPerExecution: stallCycles / 2}],
    },
  });

  test('items add up to the total', () => {
    fc.assert(
      fc.property(anyInput, (drawn) => {
        const {cycles, items} = cost(inputOf(drawn));
        const sum = items.reduce((total, item) => total + item.cycles, 0);
        expect(Math.abs(sum - cycles)).toBeLessThanOrEqual(1e-12 * cycles);
        expect(items.every((item) => item.cycles >= 0)).toBe(true);
      }),
      {seed: 22, numRuns: 300},
    );
  });

  test('twice the counts and twice the executions are twice the cycles; twice the work is half', () => {
    fc.assert(
      fc.property(anyInput, (drawn) => {
        const input = inputOf(drawn);
        const {metrics, activities} = input.counts;
        const double = {
          ...input.counts,
          metrics: metrics.map((v) => 2 * v),
          activities: activities.map((a) => ({...a, executions: 2 * a.executions, stallCycles: 2 * a.stallCycles})),
        };
        const {cycles} = cost(input);
        expect(cost({...input, counts: double}).cycles).toBeCloseTo(2 * cycles, 3);
        expect(cost({...input, counts: double, work: 2 * input.work}).cycles).toBeCloseTo(cycles, 3);
      }),
      {seed: 23, numRuns: 100},
    );
  });
});
