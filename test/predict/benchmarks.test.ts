import {describe, expect, test} from 'vitest';
import {
  type Benchmark,
  type BenchmarkRun,
  figureOf,
  readBenchmarks,
  readPublished,
} from '../../src/predict/benchmarks.ts';
import {chooseGuest} from '../../src/tracegen/catalogue.ts';

const BENCHMARKS = readBenchmarks();
const PUBLISHED = readPublished();
const RUNS = BENCHMARKS.flatMap((b) => b.runs.map((run) => [`${b.id} ${run.cases.join(' ')}`, b, run] as const));

/** Units of work that the arguments ask the guest for. */
const WORK: Readonly<Record<string, (run: BenchmarkRun) => number>> = {
  dhrystone: ({arguments: [iterations]}) => Number(iterations),
  // bytes × passes / 64-byte lines
  'cachebench-memcpy': ({arguments: [bytes, passes]}) => (Number(bytes) * Number(passes)) / 64,
  // bytes × passes / 4-byte ints
  'cachebench-rmw': ({arguments: [bytes, passes]}) => (Number(bytes) * Number(passes)) / 4,
  'stream-scale': ({arguments: [, elements]}) => Number(elements),
};

describe.each(RUNS)('%s', (_, benchmark, run) => {
  test('work is what its arguments ask for', () => {
    expect(run.work).toBe(WORK[benchmark.id]!(run));
  });

  test('the case says the buffer size', () => {
    const size = /^([\d.]+)M$/.exec(run.cases[0] as string)?.[1];
    if (benchmark.id.startsWith('cachebench')) expect(Number(run.arguments[0])).toBe(Number(size) * 1024 * 1024);
    else expect(size).toBeUndefined();
  });

  test('it has as many arguments as its guest takes, and its build exists', () => {
    const {guest} = chooseGuest(benchmark.guest, benchmark.profile, benchmark.optimization);
    expect(run.arguments.length).toBe(guest.arguments.length);
  });

  test('every case is published for every system, with one host CPU', () => {
    for (const name of run.cases) {
      const cells = PUBLISHED.filter((p) => p.benchmark === benchmark.id && p.case === name && p.hostCpus === 1);
      expect(cells.map((p) => p.sut).sort()).toEqual(['host', 'kvm', 'kvm-hugetlb', 'xen', 'xvisor']);
      expect(new Set(cells.map((p) => `${p.table} ${p.unit}`))).toEqual(
        new Set([`${benchmark.tables['1']} ${benchmark.metric.unit}`]),
      );
    }
  });

  test('it lasts 30 ms at the published host figure, as the head of the file promises', () => {
    const host = PUBLISHED.find((p) => p.benchmark === benchmark.id && p.case === run.cases[0] && p.sut === 'host')!;
    // figure per unit of work and second = figureOf(1), so seconds = work × figureOf(1) / figure
    expect((run.work * figureOf(benchmark, 1)) / host.value).toBeGreaterThanOrEqual(0.03);
  });
});

test.each([
  // units per second, figure
  ['dhrystone', 2_558_600, 2_558_600],
  ['cachebench-memcpy', 2 ** 20, 128], // 64 bytes read and 64 written
  ['cachebench-rmw', 2 ** 20, 8], // 4 bytes read and 4 written
  ['stream-scale', 1_000_000, 16], // two doubles, decimal megabytes
])('%s at %d units a second is %d', (id, rate, figure) => {
  expect(figureOf(BENCHMARKS.find((b) => b.id === id) as Benchmark, rate)).toBe(figure);
});

test('the published file: 5 systems on 5 + 8 + 8 + 5 cases, and 6 of Hackbench; all positive', () => {
  expect(PUBLISHED.length).toBe(5 * (5 + 8 + 8 + 5 + 6));
  expect(PUBLISHED.every((p) => p.value > 0 && p.hostCpus === 1)).toBe(true);
});
