/** Lifecycles of accesses and interrupts, and what becomes of a lock, as files, text and JSON. */
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {beforeAll, expect, test} from 'vitest';
import Figures from '../../src/cli/commands/figures.ts';
import {useDirectory} from './guest-file.ts';
import {runCommand, runJson} from './run-command.ts';

const place = useDirectory();
beforeAll(() => writeFileSync(place('file'), 'kept'));

test('Xvisor’s two lifecycles, step by step, and its locks', async () => {
  const {stdout, stderr, exitCode} = await runCommand(Figures, '--sut', 'xvisor', '--out', place('text'));
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
  expect(stdout.replaceAll(place('text'), 'DIR')).toMatchInlineSnapshot(`
    "Figure 7: emulated I/O access under xvisor (build O0)
    ┌──────────────────────────────────────────────┬────────────┬─────────────┬───────────┬───────┬────────┬────────┐
    │ step                                         │ in         │ event       │ path      │  from │ cycles │  share │
    ├──────────────────────────────────────────────┼────────────┼─────────────┼───────────┼───────┼────────┼────────┤
    │ 1. trap vector, 17-word frame push           │ hypervisor │ device-read │ uart-read │     0 │  106.3 │   8.9% │
    │ 2. irq_enter                                 │ hypervisor │ device-read │ uart-read │ 106.3 │  118.4 │   9.9% │
    │ 3. abort decode                              │ hypervisor │ device-read │ uart-read │ 224.8 │  108.3 │   9.1% │
    │ 4. device lookup                             │ hypervisor │ device-read │ uart-read │ 333.1 │  190.6 │  16.0% │
    │ 5. the device's emulator                     │ hypervisor │ device-read │ uart-read │ 523.7 │  290.2 │  24.3% │
    │ 6. register write-back                       │ hypervisor │ device-read │ uart-read │ 813.9 │  109.7 │   9.2% │
    │ 7. irq_exit, frame pop, ERET                 │ hypervisor │ device-read │ uart-read │ 923.6 │  269.5 │  22.6% │
    │ total                                        │            │             │           │       │  1,193 │ 100.0% │
    └──────────────────────────────────────────────┴────────────┴─────────────┴───────────┴───────┴────────┴────────┘

    Figure 10: host interrupt under xvisor (build O0)
    ┌──────────────────────────────────────────────┬────────────┬────────────────┬────────────────┬───────┬────────┬────────┐
    │ step                                         │ in         │ event          │ path           │  from │ cycles │  share │
    ├──────────────────────────────────────────────┼────────────┼────────────────┼────────────────┼───────┼────────┼────────┤
    │ 1. IRQ vector, 17-word frame push            │ hypervisor │ host-interrupt │ host-interrupt │     0 │  97.03 │   5.8% │
    │ 2. active-IRQ loop [R GICC_IAR]              │ hypervisor │ host-interrupt │ host-interrupt │ 97.03 │  329.5 │  19.8% │
    │ 3. driver in the hypervisor                  │ hypervisor │ host-interrupt │ host-interrupt │ 426.6 │  522.3 │  31.4% │
    │ 4. end of interrupt, deactivate, acknowledge │ hypervisor │ host-interrupt │ host-interrupt │ 948.8 │  440.1 │  26.5% │
    │ again [W EOIR, W DIR, R IAR]                 │            │                │                │       │        │        │
    │ 5. irq_exit: state checks, frame pop, ERET   │ hypervisor │ host-interrupt │ host-interrupt │ 1,389 │  272.1 │  16.4% │
    │ total                                        │            │                │                │       │  1,661 │ 100.0% │
    └──────────────────────────────────────────────┴────────────┴────────────────┴────────────────┴───────┴────────┴────────┘

    Figure 11: vCPU preemption. Cycles a hand-over of recording lock-long, the mean of 32; below, of all vCPUs together
    ┌─────────────────────────────────────┬─────────────┬───────────────────────┐
    │                                     │      xvisor │                xvisor │
    │                                     │ WFE trapped │ para-virtualized lock │
    ├─────────────────────────────────────┼─────────────┼───────────────────────┤
    │ cycles a hand-over                  │   4,575,797 │             4,577,800 │
    │   has the lock, runs                │       9,038 │                13,590 │
    │   has the lock, and no host CPU     │   4,566,760 │             4,563,197 │
    │   waits for the lock, on a host CPU │   4,575,256 │                13,936 │
    │   runs without the lock             │       541.6 │                 1,578 │
    │   has the lock, still asleep        │           0 │                 1,013 │
    │   waits for the lock, asleep        │           0 │             4,562,287 │
    └─────────────────────────────────────┴─────────────┴───────────────────────┘

    Figure 12: vCPU stacking. Cycles a hand-over of recording lock-long, the mean of 32; below, of all vCPUs together
    ┌─────────────────────────────────────┬────────────┬─────────────┬───────────────────────┐
    │                                     │     xvisor │      xvisor │                xvisor │
    │                                     │ WFE native │ WFE trapped │ para-virtualized lock │
    ├─────────────────────────────────────┼────────────┼─────────────┼───────────────────────┤
    │ cycles a hand-over                  │  9,132,949 │      17,476 │                22,935 │
    │   has the lock, runs                │      5,066 │       5,063 │                 5,064 │
    │   has the lock, and no host CPU     │  9,127,883 │      12,413 │                17,044 │
    │   waits for the lock, on a host CPU │  9,127,336 │      11,866 │                14,976 │
    │   waits for the lock, ready         │      5,066 │       5,063 │                     0 │
    │   runs without the lock             │      547.5 │       547.1 │                 2,895 │
    │   has the lock, still asleep        │          0 │           0 │                 827.3 │
    │   waits for the lock, asleep        │          0 │           0 │                 5,064 │
    └─────────────────────────────────────┴────────────┴─────────────┴───────────────────────┘

    DIR/figure-7.vl.json
    DIR/figure-7.svg
    DIR/figure-7.png
    DIR/figure-10.vl.json
    DIR/figure-10.svg
    DIR/figure-10.png
    DIR/figure-11-xvisor-trapped.vl.json
    DIR/figure-11-xvisor-trapped.svg
    DIR/figure-11-xvisor-trapped.png
    DIR/figure-11-xvisor-para-virtualized.vl.json
    DIR/figure-11-xvisor-para-virtualized.svg
    DIR/figure-11-xvisor-para-virtualized.png
    DIR/figure-12-xvisor-native.vl.json
    DIR/figure-12-xvisor-native.svg
    DIR/figure-12-xvisor-native.png
    DIR/figure-12-xvisor-trapped.vl.json
    DIR/figure-12-xvisor-trapped.svg
    DIR/figure-12-xvisor-trapped.png
    DIR/figure-12-xvisor-para-virtualized.vl.json
    DIR/figure-12-xvisor-para-virtualized.svg
    DIR/figure-12-xvisor-para-virtualized.png
    "
  `);
});

test('--json has the steps, which add up, and names the files that were written', async () => {
  const {lifecycles, locks, published, files} = await runJson(Figures, '--out', place('json'), '--json');
  expect(lifecycles.map(({id}: {id: string}) => id)).toEqual([
    'figure-5',
    'figure-8',
    'figure-6',
    'figure-6-in-kernel',
    'figure-9',
    'figure-7',
    'figure-10',
  ]);
  for (const {cycles, steps} of lifecycles as {cycles: number; steps: {cycles: number}[]}[])
    expect(steps.reduce((sum, step) => sum + step.cycles, 0)).toBeCloseTo(cycles, 6);
  expect(published.map(({system}: {system: string}) => system)).toEqual([
    ...Array(9).fill('kvm'),
    ...Array(6).fill('xen'),
  ]);
  const waits = ['trapped', 'para-virtualized'];
  expect(locks.map(({id}: {id: string}) => id)).toEqual([
    ...['xen', 'kvm', 'xvisor'].flatMap((sut) => waits.map((wait) => `figure-11-${sut}-${wait}`)),
    ...['xen', 'kvm', 'xvisor'].flatMap((sut) => ['native', ...waits].map((wait) => `figure-12-${sut}-${wait}`)),
  ]);
  for (const {id, handOvers, cyclesPerHandOver, time, window} of locks) {
    expect({id, handOvers, measured: cyclesPerHandOver > 0, parts: time.length > 0}).toEqual({
      ...{id, handOvers: 32, measured: true, parts: true},
    });
    expect(window.handOvers).toHaveLength(5);
  }
  const written = readdirSync(place('json')).map((name) => place('json', name));
  expect(files.toSorted()).toEqual(written.sort());
  expect(JSON.parse(readFileSync(place('json', 'figure-5.vl.json'), 'utf8')).$schema).toMatch(/vega-lite/);
  expect(readFileSync(place('json', 'figure-5.svg'), 'utf8')).toMatch(/^<svg/);
});

test('--set changes a price', async () => {
  const total = async (...more: string[]): Promise<number> =>
    (await runJson(Figures, '--sut', 'xvisor', '--out', place('set'), '--json', ...more)).lifecycles[1].cycles;
  const [before, after] = [await total('--set', 'primitives.device=70'), await total('--set', 'primitives.device=80')];
  // Four accesses to the GIC.
  expect(after - before).toBeCloseTo(40, 6);
});

test.each([
  [
    'a system that does not trap',
    ['--sut', 'host', '--output', 'NONE'],
    /'host' has no exit 'device-read'.*; choose a system that traps/,
  ],
  [
    'a system that nobody knows',
    ['--sut', 'vmware', '--output', 'NONE'],
    /unknown system under test 'vmware'; choose from host, xvisor/,
  ],
  ['a place that cannot be written', ['--out', 'FILE/below'], /cannot write \(a part of the path is not a directory\)/],
])('refuses %s', async (_, argv, message) => {
  const args = argv.map((word) => word.replace('FILE', place('file')).replace('NONE', place('none')));
  const {stdout, stderr, exitCode} = await runCommand(Figures, ...args);
  expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 1});
  expect(stderr).toMatch(message);
  expect(existsSync(place('none'))).toBe(false);
});
