/** Hackbench with more groups than its recording has, and on vCPUs that share a CPU. */
import {expect, test} from 'vitest';
import {readRecordings, recordingPath} from '../../src/predict/recordings.ts';
import {copyOf, end, type Running, runTo} from '../board/snapshot/machines.ts';
import {withTrace} from '../trace/stored.ts';
import {bootKit, hasKit} from './linux-machine.ts';

const MINUTES = 60_000;
const USER_MODE = 0x10;
const lineOf = (groups: number, loops: number): string =>
  `cryptomgr.notests quiet init_on_alloc=0 apparmor=0 nohz=off highres=off run="/trapwalk/hackbench ${groups} ${loops} 100 20 sockets processes"`;

/** Of the recording of one group, between its markers. */
const instructionsOfWindow = (): number => {
  const recording = readRecordings().find(({id}) => id === 'hackbench-1')!;
  return withTrace(recordingPath(recording), ({allMarkers}) => {
    const at = (name: string): number => allMarkers!.find(({marker}) => marker === name)!.instruction;
    return (at('end') - at('begin')) / recording.units;
  });
};

/** Counts a message, between the markers: instructions, and switches between processes. */
const perMessage = (groups: number, loops: number) => {
  let [switches, task, user] = [0, '', ''];
  const reached = {
    warm: {instructions: 0, switches: 0},
    begin: {instructions: 0, switches: 0},
    end: {instructions: 0, switches: 0},
  };
  const machine = bootKit(lineOf(groups, loops), 1, () => {}, {
    observer: {
      marker: (_, name) => {
        reached[name] = {instructions: machine.instructions, switches};
      },
      addressSpace: (_, asid, table) => {
        task = `${asid} ${table}`;
      },
      exceptionReturn: (_, __, mode) => {
        if (mode !== USER_MODE) return;
        if (user !== task) switches++;
        user = task;
      },
    },
  });
  end({machine, cpus: 1, output: []});
  // 20 senders write to 20 receivers.
  const messages = groups * loops * 400;
  const {begin, end: last} = reached;
  return {
    instructions: (last.instructions - begin.instructions) / messages,
    switches: (last.switches - begin.switches) / messages,
  };
};

test.skipIf(!hasKit).each([
  [2, 50],
  [10, 10],
])(
  '%i groups, %i loops: a message takes the instructions that it takes in the recorded group, and no more switches',
  (groups, loops) => {
    const {instructions, switches} = perMessage(groups, loops);
    expect(Math.abs(instructions / instructionsOfWindow() - 1)).toBeLessThan(0.05);
    // Between long queues, where hardly anyone waits, and the recording's 0.286.
    expect(switches).toBeGreaterThan(0.03);
    expect(switches).toBeLessThan(0.3);
  },
  5 * MINUTES,
);

test.skipIf(!hasKit)(
  'on two vCPUs that share a CPU it ends, and goes on from a snapshot in the middle of a turn as if it had not stopped',
  () => {
    const turns = {quantum: 5_000_000, sharesCpu: true};
    const output: number[] = [];
    const machine = bootKit(lineOf(1, 5), 2, (character) => output.push(character), {turns});
    const running: Running = {machine, cpus: 2, output};
    expect(runTo(running, {kind: 'marker', marker: 'begin'})).toBe(true);
    const middle = copyOf(running);
    expect(middle.machine.turns).toEqual(turns);
    const whole = end(running);
    expect(whole.output).toMatch(/processes over sockets, 5 loops of 100 bytes\r\nTime: 0\.\d{6}/);
    expect(end(middle)).toEqual(whole);
  },
  5 * MINUTES,
);
