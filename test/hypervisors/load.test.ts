import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {pathCycles, pricesFrom, readPrimitives} from '../../src/costmodel/prices.ts';
import {InputError} from '../../src/files/errors.ts';
import {
  hypervisorIds,
  hypervisorParameters,
  hypervisorPath,
  readHypervisor,
  readKernel,
  resolveActivities,
} from '../../src/hypervisors/load.ts';
import {hertz} from '../../src/units.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-hypervisors-'));
afterAll(() => rmSync(directory, {recursive: true}));

const read = (text: string) => {
  const file = join(directory, 'changed.yaml');
  writeFileSync(file, text);
  return () => readHypervisor('changed', file);
};
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message.replaceAll(directory, '');
  }
  throw new Error('nothing was thrown');
};
const XVISOR = readFileSync(hypervisorPath('xvisor'), 'utf8');
/** The shipped file with its first `from` replaced, and the line of that. */
const changed = (from: string, to: string): {text: string; line: number} => {
  expect(XVISOR).toContain(from);
  return {text: XVISOR.replace(from, to), line: XVISOR.slice(0, XVISOR.indexOf(from)).split('\n').length};
};

test('the systems of the published tables come first, in their order', () => {
  expect(hypervisorIds().slice(0, 5)).toEqual(['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen']);
});

describe.each(hypervisorIds())('%s', (id) => {
  const hypervisor = readHypervisor(id);
  const prices = pricesFrom(readPrimitives('cortex-a7'), hertz(1e9));

  test('is called what its file is called', () => {
    expect(hypervisor.id).toBe(id);
  });

  test('every path of every build has a price, more than its instructions alone', () => {
    for (const build of Object.values(hypervisor.builds)) {
      for (const [name, path] of Object.entries(build.paths)) {
        const perInstruction = build.cyclesPerInstruction.value;
        expect([name, pathCycles(path, perInstruction, prices) > path.instructions * perInstruction]).toEqual([
          name,
          true,
        ]);
      }
    }
  });

  test('every activity resolves to its paths, in order', () => {
    const resolved = resolveActivities(hypervisor, readKernel());
    expect(resolved.map((r) => r.paths.map((p) => p.name))).toEqual(hypervisor.activities.map((a) => a.paths));
    expect(resolved.every((r) => r.paths.every((p) => p.path.instructions > 0))).toBe(true);
  });

  test('names each of its parameters once', () => {
    const ids = hypervisorParameters(hypervisor).map((p) => p.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(hypervisor.activities.length);
  });
});

describe('counts as they were measured', () => {
  test.each([
    // system, build, path: instructions, device accesses, code and data bytes
    ['xvisor', 'O0', 'vtimer-inject', 1830, 8, 7072, 2560],
    ['xvisor', 'O0', 'hypervisor-tick', 2868, 4, 8160, 2304],
    ['xvisor', 'O0', 'wfi-cycle', 15_887, 23, 20_992, 7872],
    ['xvisor', 'O2', 'vtimer-inject', 944, 8, 3776, 2112],
    ['xen', 'debug', 'vtimer-inject', 1373, 9, 5728, 2112],
    ['xen', 'debug', 'hypervisor-tick', 11_450, 6, 11_456, 5184],
    ['xen', 'release', 'vtimer-inject', 1056, 9, 4608, 1600],
    ['xen', 'release', 'wake', 8137, 22, 14_592, 6016],
  ])('%s %s, %s: %d instructions', (id, build, name, instructions, device, code, data) => {
    expect(readHypervisor(id).builds[build]?.paths[name]).toMatchObject({instructions, device, code, data});
  });

  test('Xvisor’s wake is steps 7,065 to 9,377 of its WFI cycle: 2,312 instructions', () => {
    const {paths} = readHypervisor('xvisor').builds.O0!;
    const at = (what: string): number => paths['wfi-cycle']!.steps.find((step) => step.do === what)!.at;
    expect(at('scheduler_next')).toBe(1474);
    expect(9377 - at('wake IRQ')).toBe(2312);
    expect(paths.wake?.instructions).toBe(2312);
  });

  test.each(['xvisor', 'kvm', 'xen'])('%s: what sleeps and what resumes are the whole WFI cycle', (id) => {
    for (const {paths, sharedPath} of Object.values(readHypervisor(id).builds)) {
      const [cycle, sleep, resume, shared] = ['wfi-cycle', 'wfi-sleep', 'wfi-resume', sharedPath].map((n) => paths[n]!);
      for (const key of ['instructions', 'device', 'barriers', 'instructionBarriers', 'systemRegisters'] as const)
        expect([key, sleep![key] + resume![key]]).toEqual([key, cycle![key]]);
      expect(sleep!.modeSwitches + resume!.modeSwitches).toBe(2);
      for (const key of ['code', 'data'] as const)
        expect([key, sleep![key] + resume![key]]).toEqual([key, cycle![key] + shared![key]]);
    }
  });

  test('-O2 executes fewer instructions than -O0 on every path of Xvisor, release than debug of Xen', () => {
    for (const [id, fast, slow] of [
      ['xvisor', 'O2', 'O0'],
      ['xen', 'release', 'debug'],
    ] as const) {
      const {builds} = readHypervisor(id);
      expect(Object.keys(builds[fast]!.paths)).toEqual(Object.keys(builds[slow]!.paths));
      for (const [name, path] of Object.entries(builds[fast]!.paths)) {
        // Dom0's own code is the same under both builds of Xen.
        const change = Math.sign(path.instructions - builds[slow]!.paths[name]!.instructions);
        expect([name, change]).toEqual([name, name.startsWith('dom0-') ? 0 : -1]);
      }
    }
  });
});

describe('what schedules vCPUs', () => {
  test('as the paper sets the three hypervisors', () => {
    const said = ['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen'].map((id) => {
      const {scheduler, delivery, service} = readHypervisor(id);
      return [scheduler.policy, delivery?.kicksRunning, delivery?.yieldsAtWfe, delivery?.maintenance, service?.id];
    });
    expect(said).toEqual([
      ['none', undefined, undefined, undefined, undefined],
      ['round-robin', false, true, false, undefined],
      ['fair', true, true, false, undefined],
      ['fair', true, true, false, undefined],
      ['credit', true, true, false, 'Dom0'],
    ]);
  });

  test('without a hypervisor nothing exits', () => {
    const {exits, transitions} = readHypervisor('host');
    expect([exits, transitions]).toEqual([{}, {}]);
  });

  test('each parameter of a policy is one of its system', () => {
    const ids = hypervisorParameters(readHypervisor('xen')).map(({id}) => id);
    for (const key of ['slice', 'tick', 'accounting', 'rateLimit']) expect(ids).toContain(`xen.scheduler.${key}`);
  });

  test.each([
    [
      'a path that no build has',
      'exits:\n  wfi: {paths: [trap]',
      'exits:\n  wfi: {paths: [trep]',
      /exits\.wfi: uses path 'trep', which build 'O0' lacks/,
    ],
    [
      'a path that one build lacks',
      '      uart-write: {instructions: 560,',
      '      uart-wrote: {source: elsewhere, instructions: 560,',
      /exits\.console-write: uses path 'uart-write', which build 'O2' lacks/,
    ],
    [
      'a path of a transition',
      'sleep: {paths: [wfi-sleep]',
      'sleep: {paths: [wfi-slip]',
      /transitions\.sleep: uses path 'wfi-slip'/,
    ],
    [
      'a path of a variant',
      'device-read: {paths: [uart-read],',
      'device-read: {paths: [uart-read], variants: {other: {paths: [nowhere], source: s}},',
      /exits\.device-read\.variants\.other: uses path 'nowhere'/,
    ],
    [
      'a service that there is not',
      'device-read: {paths: [uart-read],',
      'device-read: {paths: [uart-read], service: [trap],',
      /exits\.device-read: names paths of a service, but there is none; .*'service'/,
    ],
    ['an exit that there is not', 'exits:\n  wfi:', 'exits:\n  wif:', /unknown key 'wif'|exits.*wif/],
    ['a policy without its parameters', 'policy: round-robin', 'policy: credit', /scheduler\./],
    ['a policy that there is not', 'policy: round-robin', 'policy: lottery', /scheduler\.policy/],
    [
      'a policy, but no delivery',
      /delivery:\n(?: {2}.*\n)+/.exec(XVISOR)![0],
      'delivery: null\n',
      /delivery: policy 'round-robin' schedules vCPUs/,
    ],
    [
      'a kick without its path',
      'kicksRunning: false',
      'kicksRunning: true',
      /transitions: 'sgi-into-running' is missing: delivery\.kicksRunning needs it/,
    ],
    [
      'no policy, but exits',
      /policy: round-robin\n.*\n/.exec(XVISOR)![0],
      'policy: none\n',
      /delivery: without a hypervisor/,
    ],
  ])('%s is refused', (_, from, to, message) => {
    expect(messageOf(read(changed(from, to).text))).toMatch(message);
  });

  test.each([
    ['sleep', "policy 'round-robin' needs it"],
    ['yield-switching', 'delivery.yieldsAtWfe needs it'],
  ])('a missing %s is said', (transition, why) => {
    const line = new RegExp(`^ {2}${transition}: .*\\n`, 'm').exec(XVISOR)![0];
    expect(messageOf(read(changed(line, '').text))).toBe(
      `/changed.yaml:transitions: '${transition}' is missing: ${why}`,
    );
  });
});

describe('extends', () => {
  test('kvm-hugetlb is kvm with other pages in other frames', () => {
    const [kvm, hugetlb] = [readHypervisor('kvm'), readHypervisor('kvm-hugetlb')];
    const own = ['id', 'title', 'stage2', 'placement'] as const;
    const without = (h: typeof kvm) =>
      Object.fromEntries(Object.entries(h).filter(([key]) => !own.includes(key as never)));
    expect(without(hugetlb)).toEqual(without(kvm));
    expect([kvm.stage2?.leaf, hugetlb.stage2?.leaf]).toEqual(['4K', '2M']);
    expect([kvm.placement.policy, hugetlb.placement.policy]).toEqual(['fragmented', 'contiguous']);
  });

  test('an unknown key is an error with its line and the nearest key', () => {
    expect(
      messageOf(read('extends: kvm\nid: mine\ntitle: mine\nplacment: {policy: contiguous, source: me}\n')),
    ).toMatch(/^\/changed\.yaml:4:1: .*placment.*did you mean 'placement'/);
  });

  test('a value that does not fit is an error with its line', () => {
    expect(messageOf(read('extends: kvm\nid: mine\ntitle: 7\n'))).toMatch(/^\/changed\.yaml:3:\d+: title: /);
  });

  test('a base that does not exist is named, with the file that asks for it', () => {
    const message = messageOf(read('extends: vmx\nid: mine\n'));
    expect(message).toContain('vmx');
    expect(message).toMatch(/kvm-hugetlb|changed\.yaml/);
  });
});

describe('what is wrong is said with its place', () => {
  test('the shipped file itself is right', () => {
    expect(read(XVISOR)().id).toBe('xvisor');
  });

  test('unknown key: line, nearest key', () => {
    const {text, line} = changed('shareOfTwoCpus', 'shareOfTwoCpu');
    expect(messageOf(read(text))).toMatch(
      new RegExp(`^/changed\\.yaml:${line}:\\d+: .*'shareOfTwoCpu'.*did you mean 'shareOfTwoCpus'`, 'm'),
    );
  });

  test('missing key', () => {
    const {text} = changed('traps: [', 'trap: [');
    expect(messageOf(read(text))).toMatch(/unknown key 'trap'; did you mean 'traps'\?/);
  });

  test('unit mismatch: line, unit that is expected', () => {
    const {text, line} = changed('value: 10, unit: ms', 'value: 10, unit: s');
    expect(messageOf(read(text))).toMatch(new RegExp(`^/changed\\.yaml:${line}:\\d+: scheduler\\.slice\\.unit: .*ms`));
  });

  test('a path that no build has', () => {
    const {text} = changed('paths: [vtimer-inject, "linux:tick"]', 'paths: [vtimer-injekt, "linux:tick"]');
    expect(messageOf(read(text))).toMatch(/^\/changed\.yaml: activity 'guest-tick' uses path 'vtimer-injekt'/);
  });

  test('a path that the guest kernel has not, when the file is read', () => {
    const {text} = changed('"linux:tick"]', '"linux:tock"]');
    expect(messageOf(read(text))).toMatch(/^\/changed\.yaml: .*'guest-tick'.*'linux:tock'/);
  });

  test.each([
    ['that do not increase', '{at: 229, do: "virtual timer', '{at: 53, do: "virtual timer'],
    ['beyond the last instruction', '{at: 1657,', '{at: 1830,'],
  ])('steps %s', (_, from, to) => {
    const {text} = changed(from, to);
    expect(messageOf(read(text))).toMatch(/^\/changed\.yaml:builds\.O0\.vtimer-inject: steps must start at increasing/);
  });

  test.each([
    [
      'more accesses than their path',
      'device: "R GICC_IAR", accesses: 1',
      'device: "R GICC_IAR", accesses: 9',
      /builds\.O0\.vtimer-inject: its steps have 16 of 8 in 'device'/,
    ],
    [
      'more registers than their path',
      'device: "R GICC_IAR", accesses: 1',
      'systemRegisters: 19',
      /builds\.O0\.vtimer-inject: its steps have 19 of 18 in 'systemRegisters'/,
    ],
    [
      'accesses without their number',
      'device: "R GICC_IAR", accesses: 1',
      'device: "R GICC_IAR"',
      /steps\.1: 'device' says which, 'accesses' how many/,
    ],
    [
      'a number without accesses',
      'device: "R GICC_IAR", accesses: 1',
      'accesses: 1',
      /steps\.1: 'device' says which, 'accesses' how many/,
    ],
    ['a place that there is not', 'do: active-IRQ loop,', 'do: active-IRQ loop, in: kernel,', /steps\.1\.in/],
  ])('steps with %s', (_, from, to, message) => {
    expect(messageOf(read(changed(from, to).text))).toMatch(message);
  });

  test('a build that is not there', () => {
    const {text} = changed('\nbuild: O2', '\nbuild: O1');
    expect(messageOf(read(text))).toMatch(/build 'O1' is not among its builds; .*O0, O2/);
  });

  test('a shared path that is not there', () => {
    const {text} = changed('sharedPath: trap', 'sharedPath: trep');
    expect(messageOf(read(text))).toMatch(/builds\.O0: sharedPath 'trep' is not a path/);
  });

  test('a system that nobody knows: the choices', () => {
    expect(messageOf(() => readHypervisor('vmware'))).toBe(
      `unknown system under test 'vmware'; choose from ${hypervisorIds().join(', ')}`,
    );
  });
});

const SOURCE_KEY = 'source: "tests/arm32/virt-v7 linux-3.16 defconfig: ARM_LPAE=y, no huge pages"}';
const withStage1 = (more: string) => changed(`leaf: 4K, ${SOURCE_KEY}`, `leaf: 4K, ${more}, ${SOURCE_KEY}`).text;

test('a file gives pages by region, an order of frames of the guest and untagged switches', () => {
  const placement = 'placement: {policy: coloured, colours: [0, 2], source: s}';
  const regions = 'regions: [{area: stack, leaf: 64K}, {from: 0x10000000, to: 0x20000000, leaf: 2M}]';
  const {stage1} = read(withStage1(`${regions}, taskSwitch: flush, ${placement}`))();
  expect(stage1.regions).toEqual([
    {area: 'stack', leaf: '64K'},
    {from: 0x1000_0000, to: 0x2000_0000, leaf: '2M'},
  ]);
  expect([stage1.taskSwitch, stage1.placement]).toEqual(['flush', {policy: 'coloured', colours: [0, 2], source: 's'}]);
});

test.each([
  ['an area that there is not', 'regions: [{area: heap, leaf: 2M}]', /regions\.0\.area/],
  ['a region without an end', 'regions: [{from: 0x10000000, leaf: 2M}]', /regions\.0\.to/],
  ['another key', 'regions: [{area: stack, leaf: 2M, size: 1}]', /unknown key 'size'/],
  ['a size that there is not', 'regions: [{area: stack, leaf: 3M}]', /regions\.0\.leaf/],
  ['regions that cut their pages', 'regions: [{from: 0x1000, to: 0x200000, leaf: 2M}]', /stage1\.regions.*multiples/],
  ['colours without a number', 'placement: {policy: coloured, colours: [], source: s}', /colours/],
  ['another way to switch', 'taskSwitch: maybe', /taskSwitch/],
])('%s is refused', (_, more, message) => {
  expect(messageOf(read(withStage1(more)))).toMatch(message);
});

test('the mean run of a guest kernel is a parameter of its system', () => {
  const run = 'meanRun: {value: 4, unit: pages, kind: assumed, source: test}';
  const file = read(withStage1(`placement: {policy: fragmented, source: s, ${run}}`))();
  expect(hypervisorParameters(file).map(({id}) => id)).toContain('xvisor.stage1.placement.meanRun');
});
