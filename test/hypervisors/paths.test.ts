import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {hypervisorIds, hypervisorPath, readHypervisor, readKernel} from '../../src/hypervisors/load.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-paths-'));
afterAll(() => rmSync(directory, {recursive: true}));

/** What was counted, by system, build and path: instructions, device accesses, barriers, ISBs, bytes of code and of data lines. */
const MEASURED: readonly (readonly [string, string, string, number, number, number, number, number, number])[] = [
  ['xvisor', 'O0', 'trap', 508, 0, 3, 0, 2816, 1152],
  ['xvisor', 'O0', 'hypercall', 541, 0, 3, 0, 3136, 1344],
  ['xvisor', 'O0', 'gicd-read', 1169, 0, 6, 0, 4672, 2240],
  ['xvisor', 'O0', 'uart-read', 799, 0, 6, 0, 4288, 2112],
  ['xvisor', 'O0', 'gicd-write', 5047, 0, 6, 0, 5728, 3520],
  ['xvisor', 'O0', 'sgi-send', 3414, 0, 12, 0, 5632, 3776],
  ['xvisor', 'O0', 'vtimer-inject', 1830, 8, 23, 1, 7072, 2560],
  ['xvisor', 'O0', 'hypervisor-tick', 2868, 4, 40, 3, 8160, 2304],
  ['xvisor', 'O0', 'vcpu-switch-wfi', 8579, 18, 80, 6, 13_984, 6848],
  ['xvisor', 'O0', 'vcpu-switch-slice', 7618, 20, 77, 3, 14_944, 6336],
  ['xvisor', 'O0', 'wfi-cycle', 15_887, 23, 177, 11, 20_992, 7872],
  ['xvisor', 'O0', 'stage2-fault', 2211, 0, 17, 2, 6848, 2816],
  ['xvisor', 'O0', 'host-interrupt', 912, 4, 10, 0, 5248, 1728],
  ['xvisor', 'O2', 'trap', 305, 0, 3, 0, 1728, 896],
  ['xvisor', 'O2', 'hypercall', 289, 0, 3, 0, 1632, 896],
  ['xvisor', 'O2', 'gicd-read', 578, 0, 6, 0, 2688, 1664],
  ['xvisor', 'O2', 'uart-read', 474, 0, 6, 0, 2656, 1664],
  ['xvisor', 'O2', 'gicd-write', 2232, 0, 6, 0, 3136, 2944],
  ['xvisor', 'O2', 'sgi-send', 1720, 0, 12, 0, 3296, 3200],
  ['xvisor', 'O2', 'vtimer-inject', 944, 8, 23, 1, 3776, 2112],
  ['xvisor', 'O2', 'hypervisor-tick', 1334, 4, 40, 3, 4384, 1856],
  ['xvisor', 'O2', 'vcpu-switch-wfi', 4160, 18, 80, 6, 8128, 5952],
  ['xvisor', 'O2', 'vcpu-switch-slice', 3653, 20, 77, 3, 8672, 6016],
  ['xvisor', 'O2', 'wfi-cycle', 7623, 23, 177, 11, 12_288, 6400],
  ['xvisor', 'O2', 'stage2-fault', 1177, 0, 17, 2, 3616, 1920],
  ['xvisor', 'O2', 'host-interrupt', 469, 4, 10, 0, 3264, 1536],
  ['xen', 'debug', 'trap', 534, 2, 6, 0, 2624, 1536],
  ['xen', 'debug', 'hypercall', 515, 2, 6, 0, 2496, 1600],
  ['xen', 'debug', 'gicd-read', 705, 2, 9, 1, 3520, 2048],
  ['xen', 'debug', 'gicd-write', 766, 2, 9, 1, 3744, 2048],
  ['xen', 'debug', 'sgi-send', 1299, 3, 12, 1, 5440, 2816],
  ['xen', 'debug', 'sgi-receive', 947, 9, 6, 0, 4096, 1472],
  ['xen', 'debug', 'vtimer-inject', 1373, 9, 17, 0, 5728, 2112],
  ['xen', 'debug', 'hypervisor-tick', 11_450, 6, 26, 2, 11_456, 5184],
  ['xen', 'debug', 'slice-end', 6435, 6, 27, 1, 10_240, 4480],
  ['xen', 'debug', 'accounting', 6030, 6, 26, 1, 9024, 3776],
  ['xen', 'debug', 'vcpu-switch-wfi', 7191, 20, 32, 12, 13_664, 7616],
  ['xen', 'debug', 'vcpu-switch-slice', 6587, 20, 38, 13, 13_760, 7488],
  ['xen', 'debug', 'wake', 11_706, 22, 49, 13, 18_080, 8128],
  ['xen', 'debug', 'wfi-cycle', 15_282, 26, 72, 14, 21_376, 8320],
  ['xen', 'release', 'trap', 442, 2, 6, 0, 2304, 1088],
  ['xen', 'release', 'hypercall', 409, 2, 6, 0, 2016, 1088],
  ['xen', 'release', 'gicd-read', 594, 2, 9, 1, 3136, 1536],
  ['xen', 'release', 'gicd-write', 655, 2, 9, 1, 3424, 1472],
  ['xen', 'release', 'sgi-send', 1083, 3, 12, 1, 4768, 2240],
  ['xen', 'release', 'sgi-receive', 757, 9, 6, 0, 3328, 1152],
  ['xen', 'release', 'vtimer-inject', 1056, 9, 17, 0, 4608, 1600],
  ['xen', 'release', 'hypervisor-tick', 7882, 6, 26, 2, 9024, 3520],
  ['xen', 'release', 'slice-end', 4381, 6, 27, 1, 8160, 3136],
  ['xen', 'release', 'accounting', 4120, 6, 26, 1, 7488, 2816],
  ['xen', 'release', 'vcpu-switch-wfi', 4964, 20, 32, 12, 11_072, 5760],
  ['xen', 'release', 'vcpu-switch-slice', 5095, 20, 38, 13, 10_912, 5696],
  ['xen', 'release', 'wake', 8137, 22, 49, 13, 14_592, 6016],
  ['xen', 'release', 'wfi-cycle', 12_076, 26, 72, 14, 17_280, 5888],
];

test('what is called measured is what was counted, to the last instruction', () => {
  const said = hypervisorIds().flatMap((id) =>
    Object.entries(readHypervisor(id).builds).flatMap(([build, {paths}]) =>
      Object.entries(paths)
        .filter(([, {kind}]) => kind === 'measured')
        .map(([name, p]) => [
          id,
          build,
          name,
          p.instructions,
          p.device,
          p.barriers,
          p.instructionBarriers,
          p.code,
          p.data,
        ]),
    ),
  );
  const sorted = (rows: readonly (readonly (string | number)[])[]) => rows.map((row) => row.join(' ')).sort();
  expect(sorted(said)).toEqual(sorted(MEASURED));
});

describe.each(['xvisor', 'kvm', 'kvm-hugetlb', 'xen'])('%s', (id) => {
  test('every path of every build names its files at a version, and its steps', () => {
    for (const {paths} of Object.values(readHypervisor(id).builds)) {
      for (const [name, {source, steps}] of Object.entries(paths)) {
        expect([name, source]).toEqual([
          name,
          expect.stringMatching(/ (at|of) (0e3ab536|v0\.2\.4|705fad1227|77038d0f76|3\.16|4\.17\.5)|Linux 3\.16/),
        ]);
        expect([name, steps.length > 0]).toEqual([name, true]);
      }
    }
  });
});

test('the guest kernel’s paths too', () => {
  for (const {source, steps} of Object.values(readKernel().build.paths)) {
    expect(source).toContain('Linux 3.16');
    expect(steps.length).toBeGreaterThan(1);
  }
});

const XVISOR = readFileSync(hypervisorPath('xvisor'), 'utf8');
const read = (from: string, to: string) => () => {
  expect(XVISOR).toContain(from);
  const file = join(directory, 'changed.yaml');
  writeFileSync(file, XVISOR.replace(from, to));
  return readHypervisor('changed', file);
};

describe('what a path leaves out', () => {
  const {O0, O2} = readHypervisor('xvisor').builds;

  test('steps of a stretch are those of the path that it is of', () => {
    // From 7,065 on of 7,065, 7,802, 8,344, 9,377 …; a first step starts at 1.
    expect(O0!.paths['wfi-resume']!.steps.slice(0, 4).map(({at, do: what}) => [at, what])).toEqual([
      [1, 'wake IRQ'],
      [737, 'inject from the backup event'],
      [1279, 'resume'],
      [2312, 'scheduler_next'],
    ]);
  });

  test('another build of the same files has their sources, and their steps in proportion', () => {
    expect(O2!.paths['gicd-read']!.source).toBe(O0!.paths['gicd-read']!.source);
    // 578 of 1,169 instructions: 996 → 492.46.
    expect(O2!.paths['gicd-read']!.steps.at(-1)).toMatchObject({at: 492, do: 'irq_exit, frame pop, ERET'});
  });

  test.each([
    [
      'a source',
      /source: "arch\/arm\/cpu\/arm32ve\/cpu_entry\.S[^"]*cpu_vcpu_emulate[^"]*", /.exec(XVISOR)![0],
      '',
      "trap: missing 'source'",
    ],
    [
      'a build to be like',
      'like: O0',
      'like: O1',
      "builds.O2.like: 'O1' is no build that stands alone; choose from O0",
    ],
  ])('%s is missed', (_, from, to, message) => {
    expect(read(from, to)).toThrow(message);
  });
});

describe('parts', () => {
  test.each([
    [
      'that do not add up',
      '{of: wfi-cycle, from: 7065, to: 9377}',
      '{of: wfi-cycle, from: 7065, to: 8344}',
      "builds.O0.wake.parts: its parts add up to 1279 instructions, not to 2312; correct them, or say in 'rounded'",
    ],
    [
      'of a path that does not exist',
      '{of: wfi-cycle, from: 7065, to: 9377}',
      '{of: wfi-cycel}',
      "there is no path 'wfi-cycel'; did you mean 'wfi-cycle'?",
    ],
    [
      'between no steps',
      '{of: wfi-cycle, from: 7065, to: 9377}',
      '{of: wfi-cycle, from: 7066, to: 9378}',
      "no step of 'wfi-cycle' starts at 7066; choose from 0, ",
    ],
    [
      'from behind their end',
      '{of: wfi-cycle, from: 7065, to: 9377}',
      '{of: wfi-cycle, from: 9377, to: 7065}',
      "'wfi-cycle' from 9377 to 7065 is empty",
    ],
    [
      'of a build that does not exist',
      '{of: wake, build: O0, as: wfi-cycle}',
      '{of: wake, build: O1, as: wfi-cycle}',
      "there is no build 'O1'",
    ],
    [
      'that miss by more than is said',
      'as: wfi-cycle}], rounded: 10',
      'as: wfi-cycle}], rounded: 8',
      'its parts add up to 1109 instructions, not to 1100',
    ],
    ['that are none of the three', '{of: wfi-cycle, from: 7065, to: 9377}', '{add: 2312}', 'parts'],
    [
      'left out, but rounded',
      'instructions: 5047',
      'rounded: 3, instructions: 5047',
      "'rounded' says how far parts may miss the instructions, but there are none",
    ],
  ])('%s are refused', (_, from, to, message) => {
    expect(read(from, to)).toThrow(message);
  });
});
