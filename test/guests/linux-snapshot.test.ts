/** Debian's kernel goes on from snapshots as if it had not been interrupted. */
import {expect, test} from 'vitest';
import {copyOf, end, type Running, runTo} from '../board/snapshot/machines.ts';
import {bootKit, hasKit} from './linux-machine.ts';

const MINUTES = 60_000;
const LINE = 'cryptomgr.notests quiet run="/trapwalk/hackbench 1 2 100 20 sockets processes; idle 1"';

test.skipIf(!hasKit).each([1, 2])(
  'on %i vCPUs, while it boots, at the mark of a benchmark, and while it is idle',
  (cpus) => {
    const output: number[] = [];
    const machine = bootKit(LINE, cpus, (character) => output.push(character));
    const running: Running = {machine, cpus, output};
    expect(runTo(running, {kind: 'instructions', count: 180_000_000})).toBe(true);
    const booting = copyOf(running);
    expect(runTo(running, {kind: 'marker', marker: 'begin'})).toBe(true);
    expect(machine.marker).toBe('begin');
    const marked = copyOf(running);
    expect(runTo(running, {kind: 'marker', marker: 'end'})).toBe(true);
    expect(runTo(running, {kind: 'time', time: machine.time + 5e8})).toBe(true);
    const {cores} = machine.save();
    expect(cores.every(({waiting}) => waiting === 'wfi')).toBe(true);
    const idle = copyOf(running);
    const whole = end(running);
    expect(whole.output).toContain('idle: 1 s, OK');
    for (const other of [booting, marked, idle]) expect(end(other)).toEqual(whole);
  },
  10 * MINUTES,
);
