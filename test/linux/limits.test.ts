/** Programs that do not behave: the emulator ends them, or stops them, and says why. */
import {describe, expect, it} from 'vitest';
import {ERRNO} from '../../src/isa/linux/errno.ts';
import {ALL_CALLS, tableOf} from '../../src/isa/linux/system-calls.ts';
import {checkTrace} from '../../src/trace/check.ts';
import {EVENT_ID} from '../../src/trace/events.ts';
import {eventKind} from '../../src/trace/records.ts';
import {isEvent, recordWords} from '../../src/trace/walk.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {assemble, loadConstant, systemCall} from '../isa/assemble.ts';
import {prepare} from '../isa/run.ts';
import {exitWithResult, programOf} from './calls.ts';
import {runGuest} from './guest.ts';

const FORK = 2;
const EXIT = 248;
const MMAP = 192;
const WAIT = 114;
const EQ = 0;
const NE = 1;
const LT = 11;
const ALWAYS = 14;
const branch = (cond: number, words: number) => assemble('B', {cond, imm24: (words - 2) & 0xff_ffff});
const compareZero = assemble('CMP (immediate)', {Rn: 0, imm12: 0});

describe('system calls', () => {
  it('have each a number of their own', () => {
    expect(tableOf(ALL_CALLS).size).toBe(ALL_CALLS.length);
    const [first] = ALL_CALLS;
    expect(() => tableOf([first!, {...first!, name: 'another'}])).toThrow(/and another are both/);
  });

  it('that are not modelled are ENOSYS, named once', () => {
    const {exitCode, warnings} = runGuest(
      programOf([
        ...systemCall(318),
        ...systemCall(317),
        ...systemCall(317),
        ...[assemble('RSB (immediate)', {Rn: 0, Rd: 0})],
        ...exitWithResult,
      ]),
    );
    expect(exitCode).toBe(ERRNO.ENOSYS);
    expect(warnings).toEqual([
      'the guest calls system call 318 (inotify_rm_watch), which is not modelled: it gets ENOSYS',
      'the guest calls system call 317 (inotify_add_watch), which is not modelled: it gets ENOSYS',
    ]);
  });

  it.each([
    ['an address that is not there', 4, [1, 0x10, 8], ERRNO.EFAULT],
    ['the last page', 3, [0, 0xffff_f000, 0x1000], ERRNO.EFAULT],
    ['no path', 5, [0xbeff_fff8, 0], ERRNO.ENOENT],
    ['a path across the end', 5, [0xffff_fff0, 0], ERRNO.EFAULT],
    ['a closed descriptor', 6, [99], ERRNO.EBADF],
    ['a descriptor below zero', 3, [-1, 0x0010_0000, 1], ERRNO.EBADF],
    ['vectors without number', 146, [1, 0x0010_0000, 0x7fff_ffff], ERRNO.EINVAL],
    ['a mapping of everything', MMAP, [0, 0xffff_f000, 3, 0x22, -1, 0], ERRNO.ENOMEM],
    ['a mapping over the kernel', MMAP, [0xc000_0000, 0x1000, 3, 0x32, -1, 0], ERRNO.ENOMEM],
    ['a mapping of no file', MMAP, [0, 0x1000, 3, 2, 99, 0], ERRNO.EBADF],
    ['another family of sockets', 281, [2, 1, 0], ERRNO.EAFNOSUPPORT],
    ['a wrong signal', 37, [0, 99], ERRNO.EINVAL],
    ['nobody to signal', 37, [4242, 9], ERRNO.ESRCH],
    ['no child', WAIT, [-1, 0, 0, 0], ERRNO.ECHILD],
    ['a misaligned futex', 240, [0x0010_0001, 1, 1], ERRNO.EINVAL],
    ['poll of too many', 168, [0x0010_0000, 0x7fff_ffff, 0], ERRNO.EINVAL],
  ])('with %s', (_, number, args, expected) => {
    const words = [...systemCall(number, ...args), assemble('RSB (immediate)', {Rn: 0, Rd: 0}), ...exitWithResult];
    expect(runGuest(programOf(words)).exitCode).toBe(expected);
  });
});

describe('a guest that', () => {
  it('forks without end gets EAGAIN', () => {
    const PAUSE = 29;
    const refused = [assemble('RSB (immediate)', {Rn: 0, Rd: 0}), ...exitWithResult];
    const words = [
      ...systemCall(FORK),
      compareZero,
      branch(LT, 3),
      branch(EQ, 2 + refused.length),
      branch(ALWAYS, -6),
      ...refused,
      ...systemCall(PAUSE),
    ];
    expect(runGuest(programOf(words), {taskLimit: 20}).exitCode).toBe(ERRNO.EAGAIN);
  });

  it('forks in every process does not end by itself', () => {
    const {emulator} = prepare(programOf([...systemCall(FORK), branch(ALWAYS, -3)]), {taskLimit: 50});
    expect(emulator.run(200_000)).toBe('limit');
  });

  it('touches more memory than it may is killed', () => {
    const words = [
      // The second lies right below the first.
      ...systemCall(MMAP, 0, 6 * MEBIBYTE, 3, 0x22, -1, 0),
      ...systemCall(MMAP, 0, 6 * MEBIBYTE, 3, 0x22, -1, 0),
      assemble('STR (immediate)', {P: 0, U: 1, W: 0, Rn: 0, Rt: 1, imm12: 0xfff}),
      branch(ALWAYS, -1),
    ];
    const {exitCode, signal, warnings} = runGuest(programOf(words), {memoryLimit: bytes(8 * MEBIBYTE)});
    expect({exitCode, signal}).toEqual({exitCode: 137, signal: 'SIGKILL'});
    expect(warnings).toEqual(['task 1000 (program) ends by SIGKILL: the guest uses all of its 8 MiB of memory']);
  });

  it('does not end stops at the limit, and goes on', () => {
    const {emulator} = prepare(programOf([branch(ALWAYS, 0)]));
    expect(emulator.run(1000)).toBe('limit');
    expect(emulator.instructions).toBe(1000);
    expect(emulator.run(1000)).toBe('limit');
  });

  it('waits for ever is an error that says where', () => {
    const PAUSE = 29;
    expect(() => runGuest(programOf(systemCall(PAUSE)))).toThrow(
      'every task of the guest waits for ever: 1000 (program) in pause',
    );
  });

  it('leaves wrong addresses behind still ends', () => {
    const SET_TID_ADDRESS = 256;
    const SET_ROBUST_LIST = 338;
    const odd = 0x0010_0001;
    const words = [
      ...systemCall(SET_TID_ADDRESS, odd),
      ...systemCall(SET_ROBUST_LIST, odd, 12),
      ...systemCall(EXIT, 7),
    ];
    expect(runGuest(programOf(words)).exitCode).toBe(7);
  });

  it('sleeps takes no time', () => {
    const NANOSLEEP = 162;
    const CLOCK = 263;
    const AT = 0x0010_0000;
    const hour = new Uint8Array(Int32Array.of(3600, 0).buffer);
    const words = [
      ...systemCall(NANOSLEEP, AT, 0),
      ...systemCall(CLOCK, 1, AT),
      ...loadConstant(1, AT),
      assemble('LDR (immediate)', {P: 1, U: 1, Rn: 1, Rt: 0}),
      assemble('SUB (immediate)', {Rn: 0, Rd: 0, imm12: 0xee1}),
      ...exitWithResult,
    ];
    // 3600 s less 0xe10; the rest of the constant does not fit an immediate.
    expect(runGuest(programOf(words, hour)).instructions).toBeLessThan(40);
  });
});

describe('a trace of two processes', () => {
  const words = [
    ...systemCall(FORK),
    compareZero,
    branch(NE, 6),
    ...systemCall(EXIT, 3),
    ...systemCall(WAIT, -1, 0, 0, 0),
    ...systemCall(EXIT, 0),
  ];

  it('says whose records follow', () => {
    const {emulator} = prepare(programOf(words), {record: 'all'});
    expect(emulator.run(10_000)).toBe('exited');
    const {trace} = emulator;
    const switches: number[][] = [];
    for (let at = 0; at < trace.length; at += recordWords(trace.words[at]!)) {
      const head = trace.words[at]!;
      if (isEvent(head) && eventKind(head) === EVENT_ID['task-switch'])
        switches.push([...trace.words.subarray(at + 1, at + 3)]);
    }
    expect(switches).toEqual([
      [1, 1001],
      [0, 1000],
    ]);
    const chunks = [{words: trace.words, length: trace.length}];
    const header = {guest: '', command: '', guestHash: '', isa: 'armv7-a', endianness: 'little', vcpus: 1} as const;
    expect([...checkTrace({header, blocks: emulator.blocks, next: () => chunks.shift()})]).toEqual([]);
  });
});
