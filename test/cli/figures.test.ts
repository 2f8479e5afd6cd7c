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
    "Figure 7: emulated I/O access under xvisor (build O2)
    ┌──────────────────────────────────────────────┬────────────┬─────────────┬───────────┬───────┬────────┬────────┐
    │ step                                         │ in         │ event       │ path      │  from │ cycles │  share │
    ├──────────────────────────────────────────────┼────────────┼─────────────┼───────────┼───────┼────────┼────────┤
    │ 1. trap vector, 17-word frame push           │ hypervisor │ device-read │ uart-read │     0 │  83.23 │   9.5% │
    │ 2. irq_enter                                 │ hypervisor │ device-read │ uart-read │ 83.23 │  84.33 │   9.7% │
    │ 3. abort decode                              │ hypervisor │ device-read │ uart-read │ 167.6 │  79.06 │   9.1% │
    │ 4. device lookup                             │ hypervisor │ device-read │ uart-read │ 246.6 │  137.0 │  15.7% │
    │ 5. the device's emulator                     │ hypervisor │ device-read │ uart-read │ 383.7 │  209.1 │  24.0% │
    │ 6. register write-back                       │ hypervisor │ device-read │ uart-read │ 592.7 │  79.06 │   9.1% │
    │ 7. irq_exit, frame pop, ERET                 │ hypervisor │ device-read │ uart-read │ 671.8 │  200.9 │  23.0% │
    │ total                                        │            │             │           │       │  872.7 │ 100.0% │
    └──────────────────────────────────────────────┴────────────┴─────────────┴───────────┴───────┴────────┴────────┘

    Figure 10: host interrupt under xvisor (build O2)
    ┌──────────────────────────────────────────────┬────────────┬────────────────┬────────────────┬───────┬────────┬────────┐
    │ step                                         │ in         │ event          │ path           │  from │ cycles │  share │
    ├──────────────────────────────────────────────┼────────────┼────────────────┼────────────────┼───────┼────────┼────────┤
    │ 1. IRQ vector, 17-word frame push            │ hypervisor │ host-interrupt │ host-interrupt │     0 │  69.27 │   5.8% │
    │ 2. active-IRQ loop [R GICC_IAR]              │ hypervisor │ host-interrupt │ host-interrupt │ 69.27 │  242.8 │  20.2% │
    │ 3. driver in the hypervisor                  │ hypervisor │ host-interrupt │ host-interrupt │ 312.1 │  335.9 │  27.9% │
    │ 4. end of interrupt, deactivate, acknowledge │ hypervisor │ host-interrupt │ host-interrupt │ 648.0 │  372.5 │  31.0% │
    │ again [W EOIR, W DIR, R IAR]                 │            │                │                │       │        │        │
    │ 5. irq_exit: state checks, frame pop, ERET   │ hypervisor │ host-interrupt │ host-interrupt │ 1,020 │  182.4 │  15.2% │
    │ total                                        │            │                │                │       │  1,203 │ 100.0% │
    └──────────────────────────────────────────────┴────────────┴────────────────┴────────────────┴───────┴────────┴────────┘

    Figure 11: vCPU preemption. Cycles a hand-over of recording lock-long, the mean of 32; below, of all vCPUs together
    ┌─────────────────────────────────────┬─────────────┬───────────────────────┐
    │                                     │      xvisor │                xvisor │
    │                                     │ WFE trapped │ para-virtualized lock │
    ├─────────────────────────────────────┼─────────────┼───────────────────────┤
    │ cycles a hand-over                  │   4,811,036 │             4,812,352 │
    │   has the lock, runs                │       6,713 │                10,400 │
    │   has the lock, and no host CPU     │   4,804,323 │             4,801,212 │
    │   waits for the lock, on a host CPU │   4,810,500 │                 8,916 │
    │   runs without the lock             │       536.1 │                 1,096 │
    │   has the lock, still asleep        │           0 │                 740.3 │
    │   waits for the lock, asleep        │           0 │             4,802,340 │
    └─────────────────────────────────────┴─────────────┴───────────────────────┘

    Figure 12: vCPU stacking. Cycles a hand-over of recording lock-long, the mean of 32; below, of all vCPUs together
    ┌─────────────────────────────────────┬────────────┬─────────────┬───────────────────────┐
    │                                     │     xvisor │      xvisor │                xvisor │
    │                                     │ WFE native │ WFE trapped │ para-virtualized lock │
    ├─────────────────────────────────────┼────────────┼─────────────┼───────────────────────┤
    │ cycles a hand-over                  │  9,608,662 │      13,386 │                16,927 │
    │   has the lock, runs                │      5,050 │       5,036 │                 5,036 │
    │   has the lock, and no host CPU     │  9,603,612 │       8,350 │                11,357 │
    │   waits for the lock, on a host CPU │  9,603,073 │       7,818 │                 9,912 │
    │   waits for the lock, ready         │      5,050 │       5,036 │                     0 │
    │   runs without the lock             │      538.5 │       532.0 │                 1,979 │
    │   has the lock, still asleep        │          0 │           0 │                 534.4 │
    │   waits for the lock, asleep        │          0 │           0 │                 5,036 │
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
