import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {readBenchmarks} from '../../src/predict/benchmarks.ts';
import {loadCalibration, parameterRows} from '../../src/predict/calibration.ts';
import {
  applyChoice,
  defaultChoice,
  hypothesesPath,
  readHypotheses,
  type Subject,
} from '../../src/predict/hypotheses.ts';
import {timedActivities} from '../../src/predict/measure.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-hypotheses-'));
afterAll(() => rmSync(directory, {recursive: true}));

const HYPOTHESES = readHypotheses();
const FILES: Subject = {calibration: loadCalibration({priorsOnly: true}), benchmarks: readBenchmarks()};
const under = (choice: Readonly<Record<string, string>>): Subject => applyChoice(HYPOTHESES, choice, FILES);

test('the unknowns that come along, their defaults first named', () => {
  expect(defaultChoice(HYPOTHESES)).toEqual({
    'xvisor-build': 'O2',
    'xen-build': 'release',
    'kvm-host-tick': '100',
    'kvm-huge-pages': 'small',
    'dom0-vcpus': '2',
    'xvisor-wfe': 'trapped',
    'xen-wfe': 'trapped',
    'core-clock': '960',
    'dram-clock': '432',
    'rmw-build': 'O0-register',
  });
});

describe('a choice', () => {
  test('of all defaults changes nothing', () => {
    const {calibration, benchmarks} = under(defaultChoice(HYPOTHESES));
    expect(parameterRows(calibration).map(({id, value}) => [id, value])).toEqual(
      parameterRows(FILES.calibration).map(({id, value}) => [id, value]),
    );
    expect(calibration.hypervisors).toEqual(FILES.calibration.hypervisors);
    expect(calibration.machine).toEqual(FILES.calibration.machine);
    expect(benchmarks).toEqual(FILES.benchmarks);
  });

  test('leaves the files as they were', () => {
    const before = JSON.stringify(FILES);
    under({'xvisor-build': 'O0', 'kvm-huge-pages': 'transparent', 'core-clock': '1008', 'rmw-build': 'O2'});
    expect(JSON.stringify(FILES)).toBe(before);
  });

  test('of a build changes paths and names of parameters', () => {
    const {calibration} = under({'xvisor-build': 'O0', 'xen-build': 'debug'});
    const ids = parameterRows(calibration).map(({id}) => id);
    expect(ids).toContain('xvisor-O0.cyclesPerInstruction');
    expect(ids).toContain('xen-debug.dom0.rate');
    expect(ids).not.toContain('xvisor-O2.cyclesPerInstruction');
    const [tick] = timedActivities(calibration, 'xvisor');
    // 1,830 instructions of -O0, 944 of -O2.
    expect(tick?.paths[0]?.path.instructions).toBe(1830);
  });

  test('of the host’s tick changes rate and scheduler of both systems under KVM', () => {
    const {kvm, 'kvm-hugetlb': hugetlb} = under({'kvm-host-tick': '250'}).calibration.hypervisors;
    for (const h of [kvm!, hugetlb!]) {
      expect(h.activities.find(({id}) => id === 'hypervisor-tick')?.rate.value).toBe(250);
      expect(h.scheduler).toMatchObject({policy: 'fair', tick: {value: 4}});
    }
  });

  test('of transparent huge pages maps as HugeTLB does', () => {
    const {kvm, 'kvm-hugetlb': hugetlb} = under({'kvm-huge-pages': 'transparent'}).calibration.hypervisors;
    expect(kvm!.stage2?.leaf).toBe('2M');
    expect(kvm!.placement).toEqual(hugetlb!.placement);
  });

  test('of clocks, of Dom0, of WFE and of the benchmark’s build', () => {
    const {calibration, benchmarks} = under({
      'core-clock': '1008',
      'dram-clock': '480',
      'dom0-vcpus': '1',
      'xen-wfe': 'native',
      'rmw-build': 'O2',
    });
    expect(calibration.machine.clockHz).toBe(1_008_000_000);
    expect(calibration.machineFile.dram.clock.value).toBe(480);
    expect(calibration.hypervisors.xen!.activities.find(({id}) => id === 'dom0')?.shareOfTwoCpus).toBe(0);
    expect(calibration.hypervisors.xen!.delivery?.yieldsAtWfe).toBe(false);
    expect(calibration.hypervisors.xvisor!.delivery?.yieldsAtWfe).toBe(true);
    expect(benchmarks.find(({id}) => id === 'cachebench-rmw')?.optimization).toBe('O2');
  });

  test('lies over a fit, and drops what was fitted for another build', () => {
    const fitted = {calibration: loadCalibration(), benchmarks: FILES.benchmarks};
    const {calibration} = applyChoice(HYPOTHESES, {'xen-build': 'debug', 'core-clock': '1008'}, fitted);
    const value = (id: string): number | undefined => parameterRows(calibration).find((p) => p.id === id)?.value;
    expect(value('xvisor-O2.cyclesPerInstruction')).toBe(
      parameterRows(fitted.calibration).find((p) => p.id === 'xvisor-O2.cyclesPerInstruction')?.value,
    );
    expect(value('xen-debug.cyclesPerInstruction')).toBe(1.45);
    expect(value('cubieboard2.core.clock')).toBe(1008);
  });

  test.each([
    [{'xvisor-biuld': 'O2'}, "no hypothesis 'xvisor-biuld'; did you mean 'xvisor-build'?"],
    [{'rmw-build': 'O0-registr'}, "no alternative of 'rmw-build' 'O0-registr'; did you mean 'O0-register'?"],
    [{'xvisor-build': 'x'}, "no alternative of 'xvisor-build' 'x'; choose from O0, O2"],
  ])('%j is refused', (choice, message) => {
    expect(() => under(choice)).toThrow(message);
  });

  test('about another machine is refused', () => {
    const other = {calibration: loadCalibration({machine: 'lime2', priorsOnly: true}), benchmarks: FILES.benchmarks};
    expect(() => applyChoice(HYPOTHESES, {'core-clock': '960'}, other)).toThrow(
      "core-clock.alternatives.960.set.cubieboard2.core.clock: 'cubieboard2.core.clock' is neither a parameter nor a field",
    );
  });
});

describe('a file', () => {
  const TEXT = readFileSync(hypothesesPath(), 'utf8');
  test.each([
    [
      'with an unknown field',
      'xvisor.build: O2',
      'xvisor.biuld: O2',
      "no field 'biuld' in 'xvisor'; did you mean 'build'?",
    ],
    ['with an unknown build', 'xvisor.build: O2', 'xvisor.build: O3', "build 'O3' is not among its builds"],
    [
      'with an unknown parameter',
      'cubieboard2.core.clock: 960',
      'cubieboard2.core.clok: 960',
      "did you mean 'cubieboard2.core.clock'?",
    ],
    [
      'with a value out of bounds',
      'cubieboard2.core.clock: 960',
      'cubieboard2.core.clock: 1100',
      "1100 MHz lies outside the bounds of 'cubieboard2.core.clock', 912 to 1008",
    ],
    [
      'with a value of another type',
      'cubieboard2.core.clock: 960',
      'cubieboard2.core.clock: fast',
      "'cubieboard2.core.clock' is a number of MHz",
    ],
    [
      'with an unknown choice of a field',
      'kvm.stage2.leaf: 2M',
      'kvm.stage2.leaf: 3M',
      'kvm-huge-pages.alternatives.transparent.set.kvm.stage2.leaf: stage2.leaf: ',
    ],
    [
      'with a switch that is none',
      'xen.delivery.yieldsAtWfe: false',
      'xen.delivery.yieldsAtWfe: 0',
      'delivery.yieldsAtWfe: ',
    ],
    [
      'with a place to copy that does not exist',
      '{as: kvm-hugetlb.placement}',
      '{as: kvm-hugetlb.placment}',
      "no field 'placment' in 'kvm-hugetlb'; did you mean 'placement'?",
    ],
    [
      'with an unknown activity',
      'xen.activities.dom0.shareOfTwoCpus: 0}',
      'xen.activities.dom1.shareOfTwoCpus: 0}',
      "no field 'dom1' in 'xen.activities'; did you mean 'dom0'?",
    ],
    [
      'with a guest that was not built so',
      'benchmarks.cachebench-rmw.optimization: O2',
      'benchmarks.cachebench-rmw.optimization: O3',
      "guest 'cachebench-rmw' has no build v5-soft O3",
    ],
    [
      'with a parameter by its place',
      'xvisor.delivery.yieldsAtWfe: false',
      'xvisor.activities.guest-tick.rate.value: 3',
      'set it by its id',
    ],
    [
      'whose default the files do not have',
      'default: O2\n',
      'default: O0\n',
      'the files in use have "O2"; correct it, or choose another default',
    ],
    [
      'whose default does not exist',
      'default: O2\n',
      'default: O1\n',
      "'O1' is not among its alternatives; choose from O0, O2",
    ],
    [
      'whose alternatives answer different questions',
      'xvisor.build: O2',
      'xvisor.delivery.yieldsAtWfe: true',
      'let all alternatives set the same places',
    ],
    ['with one question twice', 'xen-build\n', 'xvisor-build\n', 'stands there twice'],
    [
      'with one place twice',
      'xen.delivery.yieldsAtWfe',
      'xvisor.delivery.yieldsAtWfe',
      "sets 'xvisor.delivery.yieldsAtWfe', as 'xvisor-wfe' does",
    ],
    [
      'with an unknown key',
      'default: O2\n',
      'default: O2\n    defaults: O2\n',
      "unknown key 'defaults'; did you mean 'default'?",
    ],
  ])('%s is refused', (_, from, to, message) => {
    expect(TEXT).toContain(from);
    const file = join(directory, 'hypotheses.yaml');
    writeFileSync(file, TEXT.replaceAll(from, to));
    expect(() => readHypotheses(file)).toThrow(message);
    expect(() => readHypotheses(file)).toThrow(file);
  });
});
