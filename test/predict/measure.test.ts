import {describe, expect, test} from 'vitest';
import {METRIC} from '../../src/costmodel/metrics.ts';
import {readBenchmarks} from '../../src/predict/benchmarks.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {runJob} from '../../src/predict/job.ts';
import {measure, ratedActivities, timedActivities} from '../../src/predict/measure.ts';
import {pageSizeList, pageSizeSystems, replayReports} from '../../src/predict/replay-report.ts';
import {chooseGuest} from '../../src/tracegen/catalogue.ts';
import {GuestTrace} from '../../src/tracegen/guest-trace.ts';

const C = loadCalibration();
const ITERATIONS = 4000;
const DHRYSTONE = chooseGuest('dhrystone', 'v5-soft', 'O2');
const newTrace = () =>
  new GuestTrace({path: DHRYSTONE.path, arguments: [String(ITERATIONS), '500'], profile: 'v5-soft'});
const SYSTEMS = [
  {sut: 'host', seed: 1},
  {sut: 'kvm', seed: 1},
  {sut: 'kvm', seed: 2},
];

describe('Dhrystone, executed and measured', () => {
  const counts = measure(newTrace(), SYSTEMS, C, 1);

  test('executes the instructions of the catalogue in each iteration, on every system', () => {
    for (const {metrics} of counts) {
      const perIteration = (metrics[METRIC.instructions] as number) / ITERATIONS;
      // what lies between the markers and outside the loop, spread over the iterations
      expect(Math.abs(perIteration - (DHRYSTONE.build.instructionsPerUnit as number))).toBeLessThan(0.1);
    }
  });

  test('gives the same counts twice, to the last bit', () => {
    expect(measure(newTrace(), SYSTEMS, C, 1)).toEqual(counts);
  });

  test('lives in the caches: below one L1D miss of its own in 100 iterations', () => {
    expect(counts[0]!.metrics[METRIC.l1dMisses]).toBeLessThan(ITERATIONS / 100);
  });

  test('reads the same data everywhere; only a nested system walks two stages', () => {
    const column = (metric: keyof typeof METRIC) => counts.map(({metrics}) => metrics[METRIC[metric]]);
    for (const metric of ['reads', 'writes', 'l1dAccesses', 'blocks'] as const)
      expect(new Set(column(metric)).size).toBe(1);
    expect(column('stage2Reads')[0]).toBe(0);
  });

  test('an unknown system is refused', () => {
    expect(() => measure(newTrace(), [{sut: 'vmware', seed: 1}], C, 1)).toThrow(/vmware/);
  });
});

describe('a job', () => {
  const benchmark = readBenchmarks().find((b) => b.id === 'dhrystone')!;
  const job = {
    benchmark,
    run: {cases: ['run-1'], arguments: ['1000', '100'], work: 1000},
    systems: SYSTEMS,
    machine: 'cubieboard2',
    values: C.values,
  };

  test('counts accesses on every system, instructions once', () => {
    const result = runJob(job);
    expect(result.counts.length).toBe(3);
    const [host] = result.counts;
    const accesses = [METRIC.reads, METRIC.writes, METRIC.prefetches].reduce((sum, m) => sum + host!.metrics[m]!, 0);
    expect(result.replayedAccesses).toBe(3 * accesses);
    expect(result.instructions).toBeGreaterThan(1000 * 361);
    expect(result.instructions).toBeLessThan(1200 * 361);
  });
});

describe('rates', () => {
  test('with two host CPUs each activity keeps its share', () => {
    for (const sut of Object.keys(C.hypervisors)) {
      const [one, two] = [ratedActivities(C, sut, 1), ratedActivities(C, sut, 2)];
      one.forEach((a, i) => {
        expect(two[i]?.ratePerSecond).toBe(a.ratePerSecond * a.activity.shareOfTwoCpus);
        expect(a.ratePerSecond).toBe(timedActivities(C, sut)[i]?.ratePerSecond);
      });
    }
  });
});

describe('replay reports', () => {
  test('items add up; the cycles of a run without ticks are its elapsed time', () => {
    const quiet = loadCalibration({
      values: Object.fromEntries(
        Object.values(C.hypervisors).flatMap((h) =>
          h.activities.map((a) => [`${h.builds[h.build]?.id ?? h.id}.${a.id}.rate`, 0]),
        ),
      ),
    });
    const [report] = replayReports(newTrace(), [{sut: 'xen', seed: 1}], quiet);
    const [counts] = measure(newTrace(), [{sut: 'xen', seed: 1}], quiet, 1);
    expect(report!.cycles).toBeCloseTo(counts!.elapsed, 3);
    expect(Math.abs(report!.unattributed)).toBeLessThan(1e-6 * report!.cycles);
    expect(report!.seconds).toBe(report!.cycles / C.machine.clockHz);
  });

  test('a run too short for every activity still pays for the lines of each', () => {
    const [report] = replayReports(newTrace(), [{sut: 'xen', seed: 1}], C);
    const waits = report!.items.filter((item) => item.mechanism.endsWith('its lines and pages missing'));
    expect(waits.map((item) => item.mechanism.split(':')[0])).toEqual(C.hypervisors.xen!.activities.map((a) => a.id));
  });

  test('an unknown system names the choices', () => {
    expect(() => replayReports(newTrace(), [{sut: 'vmware', seed: 1}], C)).toThrow(
      /unknown system under test 'vmware'; choose from host, xvisor/,
    );
  });
});

describe('page sizes', () => {
  test('every combination once; without stage 2 once per stage-1 size', () => {
    const systems = pageSizeSystems(
      C,
      ['host', 'xen'],
      pageSizeList(['4K', '2M']),
      pageSizeList(['4K', '2M', '1G']),
      1,
    );
    expect(systems.map(({sut, policy}) => `${sut} ${policy?.stage1.leaf} ${policy?.stage2?.leaf ?? '-'}`)).toEqual([
      'host 4K -',
      'host 2M -',
      ...['4K', '2M'].flatMap((one) => ['4K', '2M', '1G'].map((two) => `xen ${one} ${two}`)),
    ]);
  });

  test('sizes that do not exist or that a format lacks are refused with the choices', () => {
    expect(() => pageSizeList(['3K'])).toThrow(/unknown page size '3K'; choose from 4K, 64K/);
    expect(() => pageSizeSystems(C, ['xen'], pageSizeList(['1M']), pageSizeList(['4K']), 1)).toThrow(
      /stage 1 of 'xen' cannot map pages of 1M with lpae tables; choose from 4K, 64K, 2M/,
    );
    expect(() => pageSizeSystems(C, ['xen'], pageSizeList(['4K']), pageSizeList(['64K']), 1)).toThrow(
      /stage 2 of 'xen'/,
    );
  });

  test('every size that is offered can be replayed', () => {
    for (const size of ['4K', '64K', '2M', '1G'] as const) {
      const accepted = () => pageSizeSystems(C, ['xen'], [size], ['2M'], 1);
      let systems: ReturnType<typeof accepted>;
      try {
        systems = accepted();
      } catch {
        continue; // refused beforehand, as a bad request should be
      }
      expect(() => measure(newTrace(), systems, C, 1)).not.toThrow();
    }
  });
});
