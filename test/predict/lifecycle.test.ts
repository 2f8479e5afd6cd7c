import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {pathCycles} from '../../src/costmodel/prices.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {type Lifecycle, lifecyclesOf} from '../../src/predict/lifecycle.ts';
import {publishedPaths} from '../../src/predict/microbenchmarks.ts';

const {hypervisors, prices} = loadCalibration();
const systemOf = (id: string) => hypervisors[id]!;
const all = ['xvisor', 'kvm', 'kvm-hugetlb', 'xen'].flatMap((id) => lifecyclesOf(systemOf(id), prices));
const lifecycle = (system: string, kind: string, variant: string | null = null): Lifecycle =>
  all.find((one) => one.system === system && one.kind === kind && one.variant === variant)!;
const cyclesOf = (system: string, paths: readonly string[]): number => {
  const build = systemOf(system).builds[systemOf(system).build]!;
  return paths.reduce((sum, name) => sum + pathCycles(build.paths[name]!, build.cyclesPerInstruction.value, prices), 0);
};
/** Paths in the order in which they are executed. */
const pathsOf = ({steps}: Lifecycle): readonly string[] =>
  steps.filter(({path}, index) => path !== steps[index - 1]?.path).map(({path}) => path);

describe.each(all.map((one) => [`${one.system}, ${one.kind}, ${one.variant ?? 'as it is'}`, one] as const))(
  '%s',
  (_, one) => {
    test('takes what its paths take', () => {
      expect(one.cycles).toBeCloseTo(cyclesOf(one.system, pathsOf(one)), 6);
    });

    test('a step begins where the one before it ends', () => {
      let end = 0;
      for (const [index, {number, start, cycles}] of one.steps.entries()) {
        expect([number, start]).toEqual([index + 1, expect.closeTo(end, 6)]);
        end = start + cycles;
      }
      expect(end).toBeCloseTo(one.cycles, 6);
    });

    test('every path has steps of its own', () => {
      for (const {do: what, path} of one.steps) expect(what.startsWith(path)).toBe(false);
    });
  },
);

test('Xvisor emulates in place; KVM goes to user space and back', () => {
  expect(pathsOf(lifecycle('xvisor', 'io'))).toEqual(['uart-read']);
  expect(new Set(lifecycle('xvisor', 'io').steps.map((step) => step.in))).toEqual(new Set(['hypervisor']));
  const contexts = lifecycle('kvm', 'io').steps.map((step) => step.in);
  expect(contexts.filter((context, index) => context !== contexts[index - 1])).toEqual([
    'hypervisor',
    'host-kernel',
    'host-user',
    'host-kernel',
    'hypervisor',
  ]);
});

test('under Xen Dom0 is scheduled in, for an access and for an interrupt', () => {
  expect(pathsOf(lifecycle('xen', 'io'))).toEqual([
    'io-forward',
    'vcpu-wake',
    'vcpu-switch-wfi',
    'dom0-interrupt',
    'dom0-emulate',
    'event-send',
    'vcpu-wake',
    'vcpu-switch-wfi',
  ]);
  expect(pathsOf(lifecycle('xen', 'interrupt'))).toEqual([
    'host-interrupt',
    'vcpu-wake-switch',
    'dom0-driver',
    'vcpu-switch-wfi',
  ]);
});

test('the paper’s order: Xvisor before KVM before Xen', () => {
  const io = [
    lifecycle('xvisor', 'io'),
    lifecycle('kvm', 'io', 'in-kernel'),
    lifecycle('kvm', 'io'),
    lifecycle('xen', 'io'),
  ];
  const interrupts = ['xvisor', 'kvm', 'xen'].map((id) => lifecycle(id, 'interrupt'));
  for (const order of [io, interrupts]) {
    const cycles = order.map((one) => one.cycles);
    expect(cycles).toEqual(cycles.toSorted((a, b) => a - b));
  }
  // The prior of an MMIO access that Dom0 serves is 15,000 to 40,000 cycles, without the two switches of vCPUs.
  const served = lifecycle('xen', 'io').cycles - 2 * cyclesOf('xen', ['vcpu-switch-wfi']);
  expect(served).toBeGreaterThan(15_000);
  expect(served).toBeLessThan(40_000);
});

test('other prices, other cycles', () => {
  const dearer = lifecyclesOf(systemOf('kvm'), {...prices, device: prices.device + 10});
  // 20 accesses of uart-read.
  expect(dearer[0]!.cycles - lifecycle('kvm', 'io').cycles).toBeCloseTo(200, 6);
});

test('a system that traps nothing, or a service that nobody wakes, is an error', () => {
  expect(() => lifecyclesOf(systemOf('host'), prices)).toThrow(/'host' has no exit 'device-read'/);
  const {'switch-at-wait': _, ...transitions} = systemOf('xen').transitions;
  expect(() => lifecyclesOf({...systemOf('xen'), transitions}, prices)).toThrow(/no transition 'switch-at-wait'/);
});

describe('published times of the same paths', () => {
  const directory = mkdtempSync(join(tmpdir(), 'trapwalk-microbenchmarks-'));
  afterAll(() => rmSync(directory, {recursive: true}));
  const HEADER = 'publication,table,core,clock_mhz,system,test,cycles,paths,note\n';
  const read = (row: string) => {
    const file = join(directory, 'microbenchmarks.csv');
    writeFileSync(file, `${HEADER}${row}\n`);
    return () => publishedPaths([systemOf('kvm')], prices, file);
  };

  test('are of the systems that are asked for, beside our cycles of as many paths', () => {
    const rows = publishedPaths([systemOf('kvm')], prices);
    expect(new Set(rows.map(({system}) => system))).toEqual(new Set(['kvm']));
    const user = rows.find(({test: name}) => name === 'I/O User')!;
    expect(user).toMatchObject({core: 'Cortex-A15', clockMegahertz: 1700, cycles: 10_119, paths: ['uart-read']});
    expect(user.modelCycles).toBeCloseTo(cyclesOf('kvm', ['uart-read']), 6);
    expect(user.ratio).toBeCloseTo(10_119 / user.modelCycles, 9);
    const ipi = rows.find(({test: name}) => name === 'IPI')!;
    expect(ipi.modelCycles).toBeCloseTo(cyclesOf('kvm', ['sgi-send', 'sgi-receive']), 6);
  });

  test('each row says where it is from, and that it is to be checked', () => {
    const rows = publishedPaths(Object.values(hypervisors), prices);
    expect(rows).toHaveLength(15);
    for (const row of rows) expect(row.note).toMatch(/to be checked against the paper/);
  });

  test.each([
    [
      'a path that the build lacks',
      'P,3,A15,1700,kvm,T,100,nowhere,n',
      /microbenchmarks\.csv:2: 'kvm' has no path 'nowhere'/,
    ],
    ['cycles that are no number', 'P,3,A15,1700,kvm,T,many,trap,n', /microbenchmarks\.csv:2: cycles and clock_mhz/],
    ['no clock', 'P,3,A15,,kvm,T,100,trap,n', /microbenchmarks\.csv:2: cycles and clock_mhz/],
  ])('%s is refused', (_, row, message) => {
    expect(read(row)).toThrow(message);
  });
});
