/** A machine goes on from a snapshot as if it had never stopped: wherever that was, and stopping alone changes nothing. */
import {describe, expect, test} from 'vitest';
import {TURNS_AT_ONCE} from '../../../src/board/machine.ts';
import {copyOf, end, runTo, start} from './machines.ts';

/** Bare-metal programs, with the vCPUs that they use. */
const PROGRAMS = [
  ['registers', 1],
  ['exclusives', 2],
  ['devices', 1],
  ['devices', 2],
] as const;
const PARTS = 8;

describe.each(PROGRAMS)('%s on %i vCPUs', (program, cpus) => {
  const whole = end(start(program, cpus));

  test('at instructions all along the run', () => {
    const running = start(program, cpus);
    const places = Array.from({length: PARTS}, (_, part) => Math.floor(((part + 0.5) * whole.instructions) / PARTS));
    // The last turn reaches the end.
    const reached = places.filter((count) => {
      if (!runTo(running, {kind: 'instructions', count})) return false;
      expect(running.machine.instructions).toBeLessThan(count + TURNS_AT_ONCE.quantum);
      expect(end(copyOf(running))).toEqual(whole);
      return true;
    });
    expect(reached.length).toBeGreaterThanOrEqual(PARTS - 1);
    if (reached.length === PARTS) expect(end(running)).toEqual(whole);
  });

  test('at times all along the run, while vCPUs wait, too', () => {
    const running = start(program, cpus);
    const places = Array.from({length: PARTS}, (_, part) => Math.floor(((part + 0.5) * whole.state.loop.time) / PARTS));
    for (const time of places) {
      if (!runTo(running, {kind: 'time', time})) break;
      expect(running.machine.save().loop.slots.some((slot) => slot.time >= time)).toBe(true);
      expect(end(copyOf(running))).toEqual(whole);
    }
  });

  test('a copy of a copy', () => {
    const first = start(program, cpus);
    runTo(first, {kind: 'instructions', count: Math.floor(whole.instructions / 3)});
    const second = copyOf(first);
    runTo(second, {kind: 'instructions', count: Math.floor((2 * whole.instructions) / 3)});
    expect(end(copyOf(second))).toEqual(whole);
  });
});
