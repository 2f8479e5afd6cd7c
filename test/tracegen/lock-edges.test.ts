/** A recording of guests/src/bare/lock.c: its edges alone keep every hand-over of the lock in order, whatever the timing. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {bareElf} from '../../guests/programs.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {TURNS_AT_ONCE} from '../../src/board/machine.ts';
import type {Turns} from '../../src/board/turns.ts';
import {readRecordings, recordingPath} from '../../src/predict/recordings.ts';
import {EVENT_KINDS} from '../../src/trace/events.ts';
import {ACCESS_WORDS, accessKind, accessSize, eventKind, recordAccesses, WRITE} from '../../src/trace/records.ts';
import type {TraceSource} from '../../src/trace/source.ts';
import {isEvent, recordWords} from '../../src/trace/walk.ts';
import {MachineTrace} from '../../src/tracegen/machine-trace.ts';
import {GUESTS} from '../guests/catalogue.ts';
import {withTrace} from '../trace/stored.ts';

const CPUS = 2;
/** Of each vCPU before it measures: WARM_ROUNDS of lock.c. */
const WARM_ROUNDS = 16;

/** What an edge begins and ends, the store of the lock's owner, which is the only one of two bytes, and waits. */
type Step = readonly [kind: 'release' | 'acquire' | 'give' | 'wait' | 'resume', edge: number];
const STEPS: readonly string[] = ['release', 'acquire', 'wait', 'resume'];

const gives = (words: Uint32Array, at: number): readonly Step[] =>
  Array.from({length: recordAccesses(words[at]!)}, (_, access) => words[at + 2 + access * ACCESS_WORDS]!)
    .filter((meta) => accessKind(meta) === WRITE && accessSize(meta) === 2)
    .map(() => ['give', 0]);

const stepsOf = (words: Uint32Array, at: number): readonly Step[] => {
  if (!isEvent(words[at]!)) return gives(words, at);
  const kind = EVENT_KINDS[eventKind(words[at]!)]!;
  return STEPS.includes(kind) ? [[kind as Step[0], words[at + 1]!]] : [];
};

/** By vCPU. */
const streamsOf = (trace: TraceSource): readonly (readonly Step[])[] => {
  const streams: Step[][] = Array.from({length: CPUS}, () => []);
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next())
    for (let at = 0; at < chunk.length; at += recordWords(chunk.words[at]!))
      streams[chunk.vcpu!]!.push(...stepsOf(chunk.words, at));
  return streams;
};

const record = (commandLine: string, turns: Turns): readonly (readonly Step[])[] => {
  const file = join(GUESTS, 'bin', bareElf('lock'));
  return streamsOf(
    new MachineTrace({
      ...{board: BOARDS.find(({id}) => id === 'virt')!, cpus: CPUS, memory: 2 ** 26, turns},
      files: {image: {file, bytes: readFileSync(file)}, commandLine},
      ...{command: 'a test', record: 'markers'},
    }),
  );
};

/** Who gives the lock on, in order, when `first` goes on whenever the edges let it, and the other for a step when they do not. */
const orderOfGives = (streams: readonly (readonly Step[])[], first: number): string => {
  const released = new Set<number>();
  const places = streams.map(() => 0);
  let order = '';
  const step = (vcpu: number): boolean => {
    const [kind, edge] = streams[vcpu]![places[vcpu]!] ?? [];
    if (kind === undefined || (kind === 'acquire' && !released.has(edge!))) return false;
    if (kind === 'release') released.add(edge!);
    if (kind === 'give') order += vcpu;
    places[vcpu]!++;
    return true;
  };
  while (step(first) || step(1 - first));
  expect(places).toEqual(streams.map(({length}) => length));
  return order;
};

/** An edge from within a block begins before it, so turns that often end between the store and SEV lose a few. */
const TURNS: readonly Turns[] = [
  TURNS_AT_ONCE,
  {quantum: 1000, sharesCpu: true},
  {quantum: 20_000, sharesCpu: false},
  {quantum: 20_000, sharesCpu: true},
];

describe.each(TURNS)('in turns of $quantum, on one CPU: $sharesCpu', (turns) => {
  test.each(['60 50 50', '60 500 20', '60 20 500', '60 3 7'])('%s: hand-overs keep their order', (commandLine) => {
    const streams = record(commandLine, turns);
    const order = orderOfGives(streams, 0);
    expect(order.length).toBe(CPUS * (60 + WARM_ROUNDS));
    expect(orderOfGives(streams, 1)).toBe(order);
    for (const steps of streams) {
      const ends = steps.flatMap(([kind], at) => (kind === 'resume' ? [steps[at - 1]![0]] : []));
      expect(ends.every((before) => before === 'acquire')).toBe(true);
    }
  });
});

test.each(['lock-short', 'lock-long'])('%s, which comes along, keeps the order of its hand-overs', (id) => {
  const recording = readRecordings().find((one) => one.id === id)!;
  const streams = withTrace(recordingPath(recording), streamsOf);
  const order = orderOfGives(streams, 0);
  expect(order.length).toBe(recording.units + CPUS * WARM_ROUNDS);
  expect(orderOfGives(streams, 1)).toBe(order);
});
