/** Sampled replay: its plan, its arithmetic, and whether its intervals hold what they promise. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {METRIC, METRICS} from '../../src/costmodel/metrics.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {measure, newReplay, type System} from '../../src/predict/measure.ts';
import {type ReplayReport, replayReports, reportsOf} from '../../src/predict/replay-report.ts';
import {halfWidth, ratio, student} from '../../src/predict/sample-estimate.ts';
import {
  checkSampling,
  DEFAULT_SAMPLING,
  type SampleUnit,
  type Sampling,
  sampleUnits,
} from '../../src/predict/sample-plan.ts';
import {estimate} from '../../src/predict/sampled-report.ts';
import {measuredPart, newSampler, wantedChunks} from '../../src/predict/sampled-source.ts';
import {Sampler, type UnitCounts} from '../../src/predict/sampler.ts';
import {openTrace, type StoredTrace} from '../../src/trace/read.ts';
import {writeTrace} from '../../src/trace/write.ts';
import {chooseGuest} from '../../src/tracegen/catalogue.ts';
import {GuestTrace} from '../../src/tracegen/guest-trace.ts';
import {asOlder} from '../trace/stored.ts';

const C = loadCalibration();
const KVM: System = {sut: 'kvm', seed: 1};

const take = <T>(items: Iterable<T>, count: number): T[] => {
  const taken: T[] = [];
  for (const item of items) if (taken.push(item) === count) break;
  return taken;
};

describe('plan', () => {
  const plan = {unit: 1000, period: 20_000, warmUp: 3000, seed: 7};

  it('has one unit in every period, behind one to two warm-ups, every fourth twice', () => {
    const units = take(sampleUnits(plan), 400);
    for (const {number, start, end, warmFrom, checkFrom} of units) {
      expect(Math.floor(start / 20_000)).toBe(number);
      expect(Math.floor((end - 1) / 20_000)).toBe(number);
      expect(end - start).toBe(1000);
      if (start >= 12_000) {
        expect(start - warmFrom).toBeGreaterThanOrEqual(3000);
        expect(start - warmFrom).toBeLessThanOrEqual(6000);
        if (checkFrom !== undefined) expect(start - checkFrom).toBe(2 * (start - warmFrom));
      }
      expect(checkFrom !== undefined).toBe(number % 4 === 3);
    }
    // Each of 20 cells about 20 times of 400.
    const cells = units.map(({start}) => (start % 20_000) / 1000);
    expect(new Set(cells).size).toBe(20);
  });

  it('follows from its seed alone', () => {
    expect(take(sampleUnits(plan), 20)).toEqual(take(sampleUnits(plan), 20));
    expect(take(sampleUnits(plan), 20)).not.toEqual(take(sampleUnits({...plan, seed: 8}), 20));
  });

  it.each([
    [{unit: 999}, 'a sampled unit of 999 instructions is too short; give 1000 or more'],
    [{unit: 0}, 'a sampled unit of 0 instructions is too short'],
    [{period: 10_000_001}, 'a period of 10000001 instructions does not hold whole units of 100000'],
    [{period: 0}, 'a period of 0 instructions leaves nothing to skip'],
    // 100000 + 2 × 500000.
    [{period: 1_100_000}, 'a period of 1100000 instructions leaves nothing to skip'],
  ])('refuses %j', (changes, message) => {
    expect(() => checkSampling({...DEFAULT_SAMPLING, ...changes})).toThrow(message);
  });

  it('takes the shortest period that skips anything', () => {
    expect(() => checkSampling({...DEFAULT_SAMPLING, period: 1_200_000})).not.toThrow();
  });
});

describe('arithmetic', () => {
  it('is that of a ratio with successive differences', () => {
    // Residuals of 1, 3, 2, 6 over equal sizes of 2: −2, 0, −1, 3; differences 2, −1, 4: 21 / (2 × 3) = 3.5; √(4 × 3.5) / 8.
    const found = ratio([1, 3, 2, 6], [2, 2, 2, 2], 0);
    expect(found.value).toBe(12 / 8);
    expect(found.error).toBeCloseTo(Math.sqrt(14) / 8, 12);
    // 2 × 3² / (12 − 4).
    expect(found.degreesOfFreedom).toBe(2.25);
    // Three quarters left out: half the error of nothing looked at.
    expect(ratio([1, 3, 2, 6], [2, 2, 2, 2], 0.75).error).toBeCloseTo(Math.sqrt(14) / 16, 12);
    expect(halfWidth(ratio([5, 5, 5], [1, 1, 1], 0))).toBe(0);
  });

  it('has half the error of four times the units', () => {
    const errorOf = (units: number): number => {
      const values = Array.from({length: units}, (_, index) => 100 + (index % 2));
      const sizes = values.map(() => 100);
      return ratio(values, sizes, 0).error;
    };
    expect(errorOf(16) / errorOf(64)).toBeCloseTo(2, 12);
  });

  // Tables of the distribution.
  it.each([
    [3, 3.182],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [1000, 1.962],
  ])('of Student with %i degrees of freedom', (degrees, quantile) => {
    expect(Math.abs(student(degrees) / quantile - 1)).toBeLessThan(0.01);
  });
});

describe('warm-up', () => {
  const unitOf = (number: number, cycles: number): UnitCounts => {
    const metrics = new Float64Array(METRICS.length);
    metrics[METRIC.instructions] = 1000;
    metrics[METRIC.pipelineCycles] = cycles;
    return {number, metrics, elapsed: cycles, activities: []};
  };
  const ownCycles = ({metrics}: {readonly metrics: Float64Array}): number => metrics[METRIC.pipelineCycles]!;
  /** Sixteen units of 2000 cycles, four of them a second time in so many. */
  const estimated = (again: number) => {
    const system = {
      units: Array.from({length: 16}, (_, number) => unitOf(number, 2000)),
      checks: [3, 7, 11, 15].map((number) => unitOf(number, again)),
      replayed: {metrics: new Float64Array(METRICS.length), elapsed: 0, activities: []},
    };
    return estimate(system, {systems: [system], instructions: 1_000_000, replayedInstructions: 0}, ownCycles);
  };

  it('that changes nothing adds nothing', () => {
    const {counts, ownCycles: width, warmUpBias, halfWidths} = estimated(2000);
    expect(counts.metrics[METRIC.pipelineCycles]).toBe(2_000_000);
    expect({width, warmUpBias}).toEqual({width: 0, warmUpBias: 0});
    // Never seen in 16,000 instructions: at most 3 in as many, of a million.
    expect(halfWidths[METRIC.l2Misses]).toBeCloseTo((3 * 1_000_000) / 16_000, 9);
    expect(halfWidths[METRIC.instructions]).toBe(0);
  });

  it('that changes little widens the interval by it', () => {
    // 2000 − 1990 of 2000; 10 cycles in each 1000 of a million instructions.
    const {ownCycles: width, warmUpBias, halfWidths} = estimated(1990);
    expect(width).toBeCloseTo(0.005, 12);
    expect(warmUpBias).toBeCloseTo(0.005, 12);
    expect(halfWidths[METRIC.pipelineCycles]).toBeCloseTo(10_000 + (3 * 1_000_000) / 16_000, 6);
  });

  it('that changes more than a hundredth is refused', () => {
    expect(() => estimated(1979)).toThrow(
      'the warm-up of sampled units is too short: twice as much changes their cycles by −1.1%; raise --sample-warm-up',
    );
    expect(() => estimated(2021)).toThrow('by 1.1%');
    expect(() => estimated(1981)).not.toThrow();
  });
});

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-sampling-'));
afterAll(() => rmSync(directory, {recursive: true}));

const GUESTS = [
  ['cachebench-memcpy', ['1572864', '16', '524288']],
  ['cachebench-rmw', ['1572864', '2', '524288']],
  ['dhrystone', ['8000', '100']],
] as const;
const pathOf = (guest: string): string => join(directory, `${guest}.trace`);

const withTrace = <T>(path: string, use: (trace: StoredTrace) => T): T => {
  const trace = openTrace(path);
  try {
    return use(trace);
  } finally {
    trace.close();
  }
};

const sampledReport = (path: string, sampling: Sampling, system = KVM): ReplayReport =>
  withTrace(path, (trace) => {
    const part = measuredPart(trace);
    const sampler = newSampler(trace.blocks, sampling, part, () => [newReplay(system, trace.blocks, C, 1)]);
    for (const chunk of wantedChunks(trace, sampling, part)) sampler.consume(chunk, chunk.position);
    sampler.finish(part.end!);
    return reportsOf(C, [system], {sampled: sampler.result})[0]!;
  });

beforeAll(() => {
  for (const [guest, args] of GUESTS) {
    const {path, build} = chooseGuest(guest, 'v5-soft', 'O2');
    writeTrace(pathOf(guest), new GuestTrace({path, arguments: args, profile: build.profile}));
  }
}, 60_000);

describe('sampler', () => {
  /** Units without a gap: everything is measured, and nothing twice as far as this trace goes. */
  function* tiles(size: number): Generator<SampleUnit> {
    for (let number = 0; ; number++) {
      const start = number * size;
      yield {number, warmFrom: start, start, end: start + size, checkFrom: number > 10_000 ? start : undefined};
    }
  }

  it('measures in all units together what a full replay measures', () => {
    withTrace(pathOf('dhrystone'), (trace) => {
      const sampler = new Sampler({
        blocks: trace.blocks,
        newReplays: () => [newReplay(KVM, trace.blocks, C, 1)],
        units: () => tiles(10_000),
        hasBegin: true,
      });
      let position = 0;
      for (let chunk = trace.next(); chunk; chunk = trace.next()) position = sampler.consume(chunk, position);
      const {systems, instructions, replayedInstructions} = sampler.result;
      const [full] = withTrace(pathOf('dhrystone'), (again) => measure(again, [KVM], C, 1));
      expect(instructions).toBe(full!.metrics[METRIC.instructions]);
      expect(replayedInstructions).toBe(instructions);
      const {units} = systems[0]!;
      const measured = units.reduce((sum, {metrics}) => sum + metrics[METRIC.instructions]!, 0);
      // The last unit does not end before the trace does.
      expect(units.length).toBe(Math.floor(instructions / 10_000));
      const left = instructions - measured;
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThan(10_000);
      const misses = units.reduce((sum, {metrics}) => sum + metrics[METRIC.mispredicted]!, 0);
      expect(misses).toBeLessThanOrEqual(full!.metrics[METRIC.mispredicted]!);
      // 2.8 in a thousand instructions.
      expect(misses).toBeGreaterThan(full!.metrics[METRIC.mispredicted]! - 60);
    });
  });

  it('counts the same however the trace falls into chunks, and whether or not it is skipped through', () => {
    const sampling = {unit: 2000, period: 100_000, warmUp: 10_000, seed: 3};
    const stored = sampledReport(pathOf('cachebench-rmw'), sampling);
    const {path, build} = chooseGuest('cachebench-rmw', 'v5-soft', 'O2');
    const guest = new GuestTrace({path, arguments: ['1572864', '2', '524288'], profile: build.profile});
    const sampler = newSampler(guest.blocks, sampling, {hasBegin: true, end: undefined}, () => [
      newReplay(KVM, guest.blocks, C, 1),
    ]);
    let position = 0;
    for (let chunk = guest.next(); chunk; chunk = guest.next()) position = sampler.consume(chunk, position);
    expect(reportsOf(C, [KVM], {sampled: sampler.result})[0]).toEqual(stored);
  });

  it('reads only what it wants of a stored trace', () => {
    const sampling = {unit: 1000, period: 1_000_000, warmUp: 1000, seed: 1};
    withTrace(pathOf('dhrystone'), (trace) => {
      const part = measuredPart(trace);
      const words = [...wantedChunks(trace, sampling, part)].reduce((sum, {length}) => sum + length, 0);
      expect(words).toBeLessThan(trace.counts.words * 0.6);
    });
  });
});

describe('intervals', () => {
  const SEEDS = Array.from({length: 24}, (_, index) => index + 1);

  it.each([['dhrystone'], ['cachebench-memcpy']])(
    'of %s cover the full replay as often as they say',
    (guest) => {
      const sampling = {unit: 2000, period: 100_000, warmUp: 40_000, seed: 0};
      const [full] = withTrace(pathOf(guest), (trace) => replayReports(trace, [KVM], C));
      const reports = SEEDS.map((seed) => sampledReport(pathOf(guest), {...sampling, seed}));
      const covered = reports.filter(({cycles, sampled}) => Math.abs(cycles - full!.cycles) <= sampled!.cycles).length;
      // Of 24 at 95 %, fewer than 20 come six times in a thousand.
      expect(covered).toBeGreaterThanOrEqual(20);
      // And they say something.
      for (const {cycles, sampled} of reports) expect(sampled!.cycles).toBeLessThan(0.2 * cycles);
    },
    120_000,
  );
});

describe('what cannot be sampled is refused', () => {
  it('a trace too short for its period', () => {
    expect(() => sampledReport(pathOf('dhrystone'), DEFAULT_SAMPLING)).toThrow(
      'say too little; shorten --sample-period, or replay without --sample',
    );
  });

  it('a trace of version 1', () => {
    const older = asOlder(pathOf('dhrystone'), join(directory, 'older.trace'), 1);
    expect(() => withTrace(older, measuredPart)).toThrow('its index does not say who executes where');
  });
});
