/** What the emulated Linux invalidates in the TLBs is recorded, where and as a Linux kernel would do it. */
import {describe, expect, it, test} from 'vitest';
import {Asids, PendingMaintenance} from '../../src/isa/linux/tlb-maintenance.ts';
import {checkTrace} from '../../src/trace/check.ts';
import {EVENT_KINDS, TLB_OPERATIONS} from '../../src/trace/events.ts';
import {eventKind} from '../../src/trace/records.ts';
import {isEvent, recordWords} from '../../src/trace/walk.ts';
import {assemble, loadConstant, systemCall} from '../isa/assemble.ts';
import {prepare} from '../isa/run.ts';
import {DATA, programOf} from './calls.ts';

const FORK = 2;
const EXIT = 248;
const MUNMAP = 91;
const MPROTECT = 125;
const WAIT = 114;
const MREMAP = 163;
const MMAP = 192;
const MADVISE = 220;
const NE = 1;
const PAGE = 4096;
const AT = 0x2000_0000;
const FIXED_ANONYMOUS = 0x32;
const branch = (cond: number, words: number) => assemble('B', {cond, imm24: (words - 2) & 0xff_ffff});
const compareZero = assemble('CMP (immediate)', {Rn: 0, imm12: 0});
const storeTo = (address: number): readonly number[] => [
  ...loadConstant(0, address),
  assemble('STR (immediate)', {P: 1, U: 1, Rn: 0, Rt: 1}),
];
const map = (pages: number): readonly number[] => systemCall(MMAP, AT, pages * PAGE, 3, FIXED_ANONYMOUS, -1, 0);
const exit = systemCall(EXIT, 0);

/** The words that a program records, executed in portions of so many instructions. */
const record = (words: readonly number[], portion = 1e6) => {
  const {emulator} = prepare(programOf(words), {record: 'all'});
  while (emulator.run(portion) !== 'exited');
  const {trace, blocks} = emulator;
  return {words: trace.words.slice(0, trace.length), blocks};
};

const textOf = (kind: string, payload: readonly number[]): string => {
  if (kind !== 'tlb-maintenance') return [kind, ...payload].join(' ');
  const [operation, space, address, pages] = payload as [number, number, number, number];
  const range = pages === 0 ? '' : ` 0x${address.toString(16)} ${pages}`;
  return `${TLB_OPERATIONS[operation]} ${space}${range}`;
};

/** Events other than system calls, as text. */
const eventsOf = ({words}: {readonly words: Uint32Array}): string[] => {
  const events: string[] = [];
  for (let at = 0; at < words.length; at += recordWords(words[at]!)) {
    const head = words[at]!;
    if (!isEvent(head)) continue;
    const kind = EVENT_KINDS[eventKind(head)]!;
    if (kind !== 'supervisor-call') events.push(textOf(kind, [...words.subarray(at + 1, at + recordWords(head))]));
  }
  return events;
};

describe('one process', () => {
  it.each([
    [
      'munmap: from the first to the last page that was present',
      systemCall(MUNMAP, AT, 8 * PAGE),
      [`pages 0 0x20001000 3`],
    ],
    ['a mapping over it: the same', map(8), ['pages 0 0x20001000 3']],
    ['MADV_DONTNEED: the same', systemCall(MADVISE, AT, 8 * PAGE, 4), ['pages 0 0x20001000 3']],
    ['mprotect: the whole range', systemCall(MPROTECT, AT, 8 * PAGE, 1), ['pages 0 0x20000000 8']],
    ['mprotect that changes nothing: nothing', systemCall(MPROTECT, AT, 8 * PAGE, 3), []],
    ['mprotect of pages that are not present: nothing', systemCall(MPROTECT, AT + 4 * PAGE, 4 * PAGE, 1), []],
    ['munmap of pages that are not present: nothing', systemCall(MUNMAP, AT + 4 * PAGE, 4 * PAGE), []],
    [
      'mremap elsewhere: the old range',
      systemCall(MREMAP, AT, 8 * PAGE, 8 * PAGE, 3, AT + 64 * PAGE),
      ['pages 0 0x20000000 8'],
    ],
  ])('%s', (_, call, expected) => {
    const words = [...map(8), ...storeTo(AT + PAGE), ...storeTo(AT + 3 * PAGE), ...call, ...exit];
    expect(eventsOf(record(words))).toEqual(expected);
  });

  it('that only touches memory invalidates nothing', () => {
    expect(eventsOf(record([...map(8), ...storeTo(AT), ...storeTo(AT + PAGE), ...exit]))).toEqual([]);
  });
});

describe('two processes', () => {
  const child = [...storeTo(DATA), ...storeTo(DATA + PAGE), ...exit];
  const words = [
    ...systemCall(FORK),
    compareZero,
    branch(NE, 1 + child.length),
    ...child,
    ...systemCall(WAIT, -1, 0, 0, 0),
    ...storeTo(DATA),
    ...exit,
  ];
  const expected = [
    // fork: the parent's pages are read-only from now on.
    'space 0',
    'task-switch 1 1001',
    // The child writes: a copy each, in the order of the writes. The second page was never touched before.
    'pages 1 0x100000 1',
    // It exits.
    'space 1',
    'space-end 1',
    'task-switch 0 1000',
    // The parent writes what nobody shares any more.
    'pages 0 0x100000 1',
  ];

  it('fork, a write to shared pages, exit', () => {
    expect(eventsOf(record(words))).toEqual(expected);
  });

  it('are recorded the same in whatever portions they execute', () => {
    const whole = record(words).words;
    for (const portion of [1, 3, 17]) expect(record(words, portion).words).toEqual(whole);
  });

  it('make a trace that keeps the rules', () => {
    const {words: recorded, blocks} = record(words);
    const chunks = [{words: recorded, length: recorded.length}];
    const header = {guest: '', command: '', guestHash: '', isa: 'armv7-a', endianness: 'little', vcpus: 1} as const;
    expect([...checkTrace({header, blocks, next: () => chunks.shift()})]).toEqual([]);
  });
});

describe('what waits to be recorded', () => {
  test('pages that follow each other become one range', () => {
    const pending = new PendingMaintenance();
    pending.pages(3, PAGE, 2 * PAGE);
    pending.pages(3, 2 * PAGE, 5 * PAGE);
    pending.pages(4, 5 * PAGE, 6 * PAGE);
    pending.pages(4, 4 * PAGE, 4 * PAGE);
    expect(pending.take()).toEqual([
      {kind: 'tlb-maintenance', operation: 'pages', space: 3, address: PAGE, pages: 4},
      {kind: 'tlb-maintenance', operation: 'pages', space: 4, address: 5 * PAGE, pages: 1},
    ]);
    expect(pending.take()).toEqual([]);
  });

  test.each([
    [256, 256],
    [257, 2],
  ])('%d ranges are %d events: more than the TLB has entries are their spaces', (ranges, events) => {
    const pending = new PendingMaintenance();
    for (let i = 1; i < ranges; i++) pending.pages(7, 2 * i * PAGE, (2 * i + 1) * PAGE);
    pending.end(7);
    const taken = pending.take();
    expect(taken).toHaveLength(events);
    expect(taken.at(-1)).toEqual({kind: 'space-end', space: 7});
  });
});

test('255 spaces have ASIDs; the next takes all but that of the one before away', () => {
  const asids = new Asids();
  const dealtAnew = (spaces: readonly number[]) => spaces.filter((space) => asids.isDealtAnewFor(space));
  const all = Array.from({length: 255}, (_, space) => space);
  expect(dealtAnew([...all, ...all])).toEqual([]);
  expect(dealtAnew([254, 255, 254, 255])).toEqual([255]);
  // 253 are left for those that lost theirs.
  expect(dealtAnew(all.slice(0, 254))).toEqual([253]);
});
