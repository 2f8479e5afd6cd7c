/** What a recording of guests/src/bare/recorded.c says, beside what that program does. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {bareElf} from '../../guests/programs.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {createMachine} from '../../src/board/create-machine.ts';
import {InputError} from '../../src/files/errors.ts';
import type {Block} from '../../src/trace/blocks.ts';
import {TraceChecker} from '../../src/trace/check.ts';
import {EVENT_KINDS, type EventKind} from '../../src/trace/events.ts';
import {eventKind, recordBlock} from '../../src/trace/records.ts';
import {isEvent, recordWords} from '../../src/trace/walk.ts';
import {MachineTrace, type MachineTraceOptions} from '../../src/tracegen/machine-trace.ts';
import {GUESTS} from '../guests/catalogue.ts';
import {Coverage} from './machine/uncovered.ts';

type Event = readonly [kind: EventKind, ...payload: number[]];

interface Recorded {
  /** By vCPU. */
  readonly words: readonly (readonly number[])[];
  readonly events: readonly (readonly Event[])[];
  readonly instructions: readonly number[];
  readonly blocks: readonly Block[];
  readonly trace: MachineTrace;
  readonly output: string;
}

const image = (program: string) => {
  const file = join(GUESTS, 'bin', bareElf(program));
  return {file, bytes: readFileSync(file)};
};
const board = BOARDS.find(({id}) => id === 'virt')!;
const optionsOf = (program: string, cpus: number, record: MachineTraceOptions['record']) => ({
  board,
  cpus,
  memory: 2 ** 26,
  files: {image: image(program), commandLine: ''},
  command: 'trapwalk trace record',
  record,
});

/** Its streams, which keep the rules. */
const recordProgram = (program: string, cpus: number, record: MachineTraceOptions['record']): Recorded => {
  const output: number[] = [];
  const trace = new MachineTrace({...optionsOf(program, cpus, record), send: (one) => output.push(one)});
  const {blocks} = trace;
  const streams = Array.from({length: cpus}, () => ({
    words: [] as number[],
    events: [] as Event[],
    instructions: 0,
    checker: new TraceChecker(blocks),
    coverage: new Coverage(),
  }));
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next()) {
    const stream = streams[chunk.vcpu!]!;
    expect([...stream.checker.check(chunk)]).toEqual([]);
    stream.coverage.read(chunk.words, chunk.length, blocks);
    const words = [...chunk.words.subarray(0, chunk.length)];
    stream.words.push(...words);
    for (let at = 0; at < words.length; at += recordWords(words[at]!)) {
      if (!isEvent(words[at]!)) stream.instructions += blocks[recordBlock(words[at]!)]!.instructions.length;
      else
        stream.events.push([EVENT_KINDS[eventKind(words[at]!)]!, ...words.slice(at + 1, at + recordWords(words[at]!))]);
    }
  }
  // Nothing is used before it is told how it is translated.
  expect(streams.flatMap(({coverage}) => coverage.uncovered)).toEqual([]);
  return {
    words: streams.map(({words}) => words),
    events: streams.map(({events}) => events),
    instructions: streams.map(({instructions}) => instructions),
    blocks,
    trace,
    output: Buffer.from(output).toString('latin1'),
  };
};

/** Edges that streams cannot pass when each waits for what it acquires: none, where no two wait for each other. */
const stuck = (streams: readonly (readonly Event[])[]): number => {
  const released = new Set<number>();
  const places = streams.map(() => 0);
  for (let moved = true; moved; ) {
    moved = false;
    for (const [vcpu, events] of streams.entries()) {
      for (; places[vcpu]! < events.length; places[vcpu]!++, moved = true) {
        const [kind, edge] = events[places[vcpu]!]!;
        if (kind === 'acquire' && !released.has(edge!)) break;
        if (kind === 'release') released.add(edge!);
      }
    }
  }
  return streams.reduce((left, events, vcpu) => left + events.length - places[vcpu]!, 0);
};

const countsOf = (events: readonly Event[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const [kind] of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

const PAGES = 0x6000_0000;
const TARGET = 0x4200_0000;

describe('one vCPU, between its markers', () => {
  let recorded: Recorded;
  let events: readonly Event[];
  const of = (kind: EventKind): readonly (readonly number[])[] =>
    events.filter(([one]) => one === kind).map(([, ...payload]) => payload);

  beforeAll(() => {
    recorded = recordProgram('recorded', 1, 'markers');
    [events] = recorded.events as [readonly Event[]];
  });

  test('has the events of what the program does, and no others', () => {
    expect(countsOf(events)).toEqual({
      marker: 3,
      // One to begin with, ASID 2 and back.
      'task-switch': 3,
      // By address 2, by ASID 1, by address for all ASIDs 1.
      'tlb-maintenance': 4,
      // These, ACTLR and CONTEXTIDR twice.
      'register-access': 7,
      // Code 1, pages 3 and one again after each maintenance, UART 1, GIC 1; the RTC's section is the UART's.
      translation: 10,
      // Of TARGET 4, and two of stacks.
      'first-touch': 6,
      // SVC 3, data abort 1, IRQ 1.
      'exception-entry': 5,
      'exception-return': 5,
      // UART 4, RTC 1, distributor 1, acknowledge and end 1 each.
      'device-access': 8,
      // Value and control, and off in the handler.
      'timer-program': 3,
      // WFI, which waits, and WFE, which the SEV before keeps from waiting.
      wait: 2,
      resume: 1,
      'send-event': 1,
      hypercall: 1,
    });
  });

  test('names pages once until they are invalidated or mapped anew', () => {
    const small = of('translation').filter(([, address]) => address! >= PAGES);
    expect(small.map(([space, address, , page]) => [space, address, page])).toEqual([
      ...[0, 1, 2].map((page) => [1, PAGES + page * 4096, TARGET + page * 4096]),
      ...[0, 0, 0, 3].map((page) => [1, PAGES, TARGET + page * 4096]),
    ]);
    // log2 of 4096, not global, two descriptors, Normal.
    for (const [, , form] of small) expect(form).toBe(12 | (2 << 8));
    const [uart] = of('translation').filter(([, address]) => address === 0x0900_0000);
    // log2 of 1 MiB, global, one descriptor, Device.
    expect(uart!.slice(0, 4)).toEqual([0, 0x0900_0000, 20 | 64 | (1 << 8) | (1 << 16), 0x0900_0000]);
    expect(of('tlb-maintenance')).toEqual([
      [2, 1, PAGES, 1],
      [1, 1, 0, 0],
      [3, 0, PAGES, 1],
      [2, 1, PAGES, 1],
    ]);
  });

  test('touches each page for the first time once', () => {
    const pages = of('first-touch').map(([page]) => page!);
    expect(new Set(pages).size).toBe(pages.length);
    expect(pages.filter((page) => page >= TARGET)).toEqual([0, 1, 2, 3].map((page) => TARGET + page * 4096));
  });

  test('waits until its timer is due', () => {
    const [, programmed] = of('timer-program');
    const [timer, control, now, , due] = programmed as [number, number, number, number, number];
    expect([timer, control]).toEqual([0, 1]);
    // 1000 ticks of 62.5 MHz are 16,000 ns, from the write of the value on, rounded up to a whole tick.
    expect(due - now).toBeGreaterThan(15_900);
    expect(due - now).toBeLessThanOrEqual(16_000);
    expect(of('resume')).toEqual([[due, 0]]);
    expect(of('wait').map(([instruction]) => instruction)).toEqual([0, 1]);
  });

  test('says what each access to a device was', () => {
    expect(of('device-access')).toEqual([
      ...new Array(4).fill([3, 0x0900_0000, 4 | 256, '.'.charCodeAt(0)]),
      [5, 0x0901_0000, 4, Date.UTC(2015, 0, 1) / 1000],
      [0, 0x0800_0100, 4, expect.any(Number)],
      [1, 0x0801_000c, 4, 27],
      [1, 0x0801_0010, 4 | 256, 27],
    ]);
    expect(of('hypercall')).toEqual([[0, 0, 0x8400_0000]]);
  });

  test('has what ends a block behind its record, and the rest before it', () => {
    const kinds = events.map(([kind]) => kind);
    expect(kinds.slice(0, 3)).toEqual(['task-switch', 'marker', 'translation']);
    expect(kinds.at(-1)).toBe('marker');
    const at = kinds.indexOf('wait');
    expect(kinds.slice(at, at + 3)).toEqual(['wait', 'resume', 'exception-entry']);
  });
});

describe('two vCPUs', () => {
  const recorded = recordProgram('recorded', 2, 'markers');

  test('what one waited for stands before its end', () => {
    const edges = recorded.events.map((events) =>
      events
        .filter(([kind]) => ['send-event', 'send-sgi', 'wait', 'resume', 'release', 'acquire'].includes(kind))
        .map(([kind, ...payload]) => (kind === 'wait' || kind === 'resume' ? kind : [kind, ...payload].join(' '))),
    );
    expect(edges[0]).toEqual([
      // The timer's wait, then SEV before an own WFE: the other core waits for one.
      ...['wait', 'resume', 'send-event', 'release 0', 'wait', 'send-event', 'wait'],
      // All until the other core's wait ends, the increment that its own is behind, too; its SGI ends the wait.
      ...['release 1', 'acquire 2', 'resume', 'acquire 3'],
    ]);
    expect(edges[1]).toEqual([
      ...['acquire 0', 'acquire 1', 'resume', 'send-sgi 3 1', 'release 2', 'wait', 'release 3'],
    ]);
  });

  test('markers stand in both streams, and maintenance of all cores', () => {
    const [, second] = recorded.events;
    expect(second!.filter(([kind]) => kind === 'marker')).toEqual([
      ['marker', 0],
      ['marker', 1],
      ['marker', 2],
    ]);
    expect(second!.filter(([kind]) => kind === 'tlb-maintenance')).toEqual([['tlb-maintenance', 3, 0, PAGES, 1]]);
  });
});

describe.each([1, 2])('with %i vCPUs', (cpus) => {
  test('two recordings are the same', () => {
    const [first, second] = [0, 1].map(() => recordProgram('exclusives', 2, 'all'));
    expect(second!.words).toEqual(first!.words);
    expect(second!.blocks).toEqual(first!.blocks);
    expect(stuck(first!.events)).toBe(0);
  });

  test('recording changes nothing, and misses nothing', () => {
    const output: number[] = [];
    const plain = createMachine({...optionsOf('recorded', cpus, 'all'), send: (one) => output.push(one)});
    while (true) {
      const progress = plain.advance(1_000_000);
      if (progress.state === 'ended') break;
      if (progress.state === 'idle') plain.skipTo(progress.until);
    }
    const recorded = recordProgram('recorded', cpus, 'all');
    expect(recorded.output).toBe(Buffer.from(output).toString('latin1'));
    expect(recorded.trace.machine.instructions).toBe(plain.instructions);
    expect(recorded.trace.machine.time).toBe(plain.time);
    expect(recorded.instructions.reduce((sum, one) => sum + one)).toBe(plain.instructions);
  });
});

test('a step that ends within a block leaves no trace of it', () => {
  const {blocks} = recordProgram('devices', 1, 'all');
  const starts = new Map<string, number>();
  for (const {address, isa} of blocks) {
    const key = `${isa} ${address}`;
    starts.set(key, (starts.get(key) ?? 0) + 1);
  }
  // Nothing interrupts this program, so that no block has a prefix beside it.
  expect([...starts.values()].filter((count) => count > 1)).toEqual([]);
});

test('a window records a part of all', () => {
  const all = recordProgram('devices', 1, 'all').instructions[0]!;
  // A vCPU's turn has 1000 instructions.
  expect(recordProgram('devices', 1, {skip: 4500, length: 1e9}).instructions).toEqual([all - 5000]);
  const {instructions, trace} = recordProgram('devices', 1, {skip: 4500, length: 1500});
  expect([instructions, trace.machine.instructions]).toEqual([[2000], 7000]);
  const {events} = recordProgram('recorded', 1, {skip: 0, length: 1e9});
  expect(events[0]!.filter(([kind]) => kind === 'marker')).toEqual([]);
});

test('a guest that waits for ever is an error', () => {
  const bytes = Buffer.from(image('recorded').bytes);
  // WFI and a branch to it in place of the program's first instructions.
  const entry = bytes.readUInt32LE(24) - bytes.readUInt32LE(52 + 12) + bytes.readUInt32LE(52 + 4);
  bytes.writeUInt32LE(0xe320_f003, entry);
  bytes.writeUInt32LE(0xeaff_fffd, entry + 4);
  const trace = new MachineTrace({
    ...optionsOf('recorded', 1, 'markers'),
    files: {image: {file: 'waits.elf', bytes}, commandLine: ''},
  });
  expect(() => trace.next()).toThrow(InputError);
});
