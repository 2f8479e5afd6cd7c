/** What `figures` draws of a lock (the paper's Figures 11 and 12): from the schedules, and as they should be. */
import {expect, test} from 'vitest';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {type LockSchedule, lockSchedule, lockVariants} from '../../src/predict/lock-scenarios.ts';
import type {LockRole} from '../../src/predict/lock-watch.ts';
import type {VcpuState} from '../../src/schedule/accounts.ts';

const calibration = loadCalibration();
/** 10 ms. */
const SLICE = calibration.machine.clockHz / 100;
const {signal} = new AbortController();
const scheduled = (
  scenario: LockSchedule['scenario'],
  variant: LockSchedule['variant'],
  sut = 'xvisor',
): Promise<LockSchedule> => lockSchedule({scenario, variant, sut, calibration, signal});

const timeIn = ({time}: LockSchedule, role: LockRole, state: VcpuState): number =>
  time.find((one) => one.role === role && one.state === state)?.cyclesPerHandOver ?? 0;

/** Each vCPU is in one state at any time of the window, and one of them at most has the lock. */
const expectWhole = ({cyclesPerHandOver, time, window}: LockSchedule): void => {
  const sum = time.reduce((all, one) => all + one.cyclesPerHandOver, 0);
  expect(sum / (window.vcpus * cyclesPerHandOver)).toBeCloseTo(1, 9);
  for (let vcpu = 0; vcpu < window.vcpus; vcpu++) {
    const own = window.intervals.filter((one) => one.vcpu === vcpu).toSorted((a, b) => a.from - b.from);
    expect(own[0]?.from).toBe(0);
    expect(own.at(-1)?.to).toBe(window.cycles);
    expect(own.slice(1).map(({from}) => from)).toEqual(own.slice(0, -1).map(({to}) => to));
  }
  const held = window.intervals.filter(({role}) => role === 'has').toSorted((a, b) => a.from - b.from);
  for (const [i, {from}] of held.slice(1).entries()) expect(from).toBeGreaterThanOrEqual(held[i]!.to);
};

test.each([
  ['xvisor', 1],
  ['kvm', 1],
  ['xen', 3],
])('stacking on %s: who waits natively keeps the host CPU for its slice, who traps does not', async (sut, slices) => {
  const [native, trapped] = [await scheduled('stacking', 'native', sut), await scheduled('stacking', 'trapped', sut)];
  for (const one of [native, trapped]) expectWhole(one);
  expect(timeIn(native, 'waits', 'running') / (slices * SLICE)).toBeCloseTo(1, 2);
  expect(timeIn(native, 'has', 'ready') / (slices * SLICE)).toBeCloseTo(1, 2);
  // Xen hears no yield before its rate limit of a millisecond.
  expect(timeIn(trapped, 'waits', 'running')).toBeLessThan(SLICE / (sut === 'xen' ? 9 : 500));
});

test('stacking, drawn: the lock goes to and fro, and one vCPU has the host CPU', async () => {
  const {window} = await scheduled('stacking', 'native');
  expect(window.handOvers.map(({by, to}) => [by, to])).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
  for (const {given, taken} of window.handOvers) expect(taken).toBeGreaterThan(given);
  const running = window.intervals.filter(({state}) => state === 'running').toSorted((a, b) => a.from - b.from);
  for (const [i, {from}] of running.slice(1).entries()) expect(from).toBeGreaterThanOrEqual(running[i]!.to);
  expect(window.others).toEqual([]);
});

test('preemption: the lock belongs to who has no host CPU; trapped the other burns its own, parked it sleeps', async () => {
  const [trapped, parked] = [
    await scheduled('preemption', 'trapped'),
    await scheduled('preemption', 'para-virtualized'),
  ];
  for (const one of [trapped, parked]) {
    expectWhole(one);
    expect(timeIn(one, 'has', 'ready') / (SLICE / 2)).toBeCloseTo(1, 1);
    expect(one.window.others.map(({who}) => who)).toEqual(Array(2).fill('neighbour on host CPU 0'));
  }
  expect(timeIn(trapped, 'waits', 'running') / (SLICE / 2)).toBeCloseTo(1, 1);
  expect(timeIn(parked, 'waits', 'running')).toBeLessThan(SLICE / 500);
  expect(timeIn(parked, 'waits', 'blocked') / (SLICE / 2)).toBeCloseTo(1, 1);
});

test('what there is to draw, and what not', async () => {
  expect(lockVariants(calibration, 'xen', 'stacking')).toEqual(['native', 'trapped', 'para-virtualized']);
  expect(lockVariants(calibration, 'xen', 'preemption')).toEqual(['trapped', 'para-virtualized']);
  await expect(scheduled('stacking', 'native', 'host')).rejects.toThrow(/no scheduler of vCPUs/);
  const stopped = lockSchedule({
    ...{scenario: 'preemption', variant: 'trapped', sut: 'xvisor', calibration},
    signal: AbortSignal.abort(new Error('stopped')),
  });
  await expect(stopped).rejects.toThrow('stopped');
});
