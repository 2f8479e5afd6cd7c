import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import {MARKER_ID} from '../../src/trace/events.ts';
import {accessMeta, blockRecord, eventRecord, PREFETCH, READ, WRITE} from '../../src/trace/records.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {assemble, buildElf, bytesOf, CODE, exitWith, loadConstant, program, systemCall, writeAll} from './assemble.ts';
import {hasQemu, prepare, run, runQemu, WHY_SKIPPED} from './run.ts';

const DATA = 0x0010_0000;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const withData = (words: readonly number[], data = text('hello\n'), size = 0x2000): Uint8Array =>
  buildElf([
    {address: CODE, data: bytesOf(words), flags: 5},
    {address: DATA, data, size, flags: 6},
  ]);
const load = (Rt: number, Rn: number, imm12 = 0) => assemble('LDR (immediate)', {P: 1, U: 1, Rn, Rt, imm12});
const store = (Rt: number, Rn: number, imm12 = 0) => assemble('STR (immediate)', {P: 1, U: 1, Rn, Rt, imm12});
const branch = (cond: number, words: number) => assemble('B', {cond, imm24: (words - 2) & 0xff_ffff});
const NE = 1;
const countdown = (from: number): readonly number[] => [
  assemble('MOV (immediate)', {Rd: 4, imm12: from}),
  assemble('SUB (immediate)', {S: 1, Rn: 4, Rd: 4, imm12: 1}),
  branch(NE, -1),
];

describe('a process', () => {
  it('writes and exits', () => {
    const {output, exitCode, emulator} = run(withData([...writeAll(DATA, 6), ...exitWith(300)]));
    expect(new TextDecoder().decode(output)).toBe('hello\n');
    expect(exitCode).toBe(300 & 0xff);
    // write: 3 arguments and r7, two words each, and SVC; exit: one argument and r7, and SVC.
    expect(emulator.instructions).toBe(9 + 5);
  });

  it('gets EFAULT for a buffer that it does not have, however long', () => {
    const {emulator} = run(
      withData([...systemCall(4, 1, DATA, 0xffff_fff0), assemble('MOV (register)', {Rd: 5, Rm: 0}), ...exitWith(0)]),
    );
    expect(emulator.cpu.r[5]).toBe(-14);
  });

  it('finds argc, argv, envp and the auxiliary vector on an aligned stack', () => {
    const {emulator} = prepare(program(exitWith(0)), {argv: ['prog', 'x'], env: ['A=b']});
    const {r, memory} = emulator.cpu;
    const sp = r[13]! >>> 0;
    expect(sp % 8).toBe(0);
    const word = (at: number): number => new DataView(memory.read(sp + 4 * at, 4)!.buffer).getUint32(0, true);
    const string = (at: number): string => new TextDecoder().decode(memory.read(at, 16)).split('\0')[0]!;
    expect([word(0), string(word(1)), string(word(2)), word(3), string(word(4)), word(5)]).toEqual([
      2,
      'prog',
      'x',
      0,
      'A=b',
      0,
    ]);
    const auxiliary = new Map(Array.from({length: 18}, (_, index) => [word(6 + 2 * index), word(7 + 2 * index)]));
    expect(auxiliary.get(16)).toBe(0x8096);
    expect(auxiliary.get(9)).toBe(CODE);
    expect(string(auxiliary.get(15)!)).toBe('v5l');
    expect(auxiliary.get(0)).toBe(0);
  });

  it('gets ENOSYS and one warning per unknown call', () => {
    const {exitCode, warnings} = run(
      program([
        ...systemCall(999),
        ...systemCall(999),
        assemble('RSB (immediate)', {Rn: 0, Rd: 0}),
        ...loadConstant(7, 1),
        assemble('SVC'),
      ]),
    );
    expect(exitCode).toBe(38);
    expect(warnings).toEqual(['the guest calls system call 999, which is not modelled: it gets ENOSYS']);
  });

  it('maps, uses and unmaps memory, and moves its break', () => {
    const use = [store(0, 0), load(5, 0)];
    const mapped = [...systemCall(192, 0, 0x3000, 3, 0x22), ...use, ...exitWith(0)];
    const {emulator} = run(program(mapped));
    // An address of the kernel's choice.
    expect(emulator.cpu.r[5]! & 0xfff).toBe(0);
    expect(emulator.cpu.r[5]).not.toBe(0);
    const broken = [
      ...systemCall(45, 0),
      assemble('ADD (immediate)', {Rn: 0, Rd: 0, imm12: 0xa10}),
      ...loadConstant(7, 45),
      assemble('SVC'),
    ];
    const grown = run(
      program([...broken, assemble('SUB (immediate)', {Rn: 0, Rd: 0, imm12: 4}), ...use, ...exitWith(0)]),
    );
    expect(grown.emulator.cpu.r[5]! >>> 0).toBe(CODE + 0x1000 + 0x1_0000 - 4);
    const unmapped = run(
      program([
        ...systemCall(192, 0, 0x1000, 3, 0x22),
        assemble('MOV (register)', {Rd: 8, Rm: 0}),
        ...loadConstant(1, 0x1000),
        ...loadConstant(7, 91),
        assemble('SVC'),
        load(1, 8),
      ]),
    );
    expect(unmapped.exitCode).toBe(128 + 11);
    expect(unmapped.warnings[0]).toContain('read from an address that is not mapped readable');
  });

  it('reads the instruction count as its clock', () => {
    const {emulator} = run(
      withData([...systemCall(263, 1, DATA), ...loadConstant(0, DATA), load(5, 0, 4), ...exitWith(0)]),
    );
    expect(emulator.cpu.r[5]).toBe(7);
  });

  it('calls the user helpers', () => {
    const helper = (address: number) => [...loadConstant(9, address), assemble('BLX (register)', {Rm: 9})];
    const {emulator} = run(
      withData(
        [
          ...systemCall(0xf0005, 0x1234_5678),
          ...helper(0xffff_0fe0),
          assemble('MOV (register)', {Rd: 5, Rm: 0}),
          ...loadConstant(0, 7),
          ...loadConstant(1, 9),
          ...loadConstant(2, DATA),
          ...helper(0xffff_0fc0),
          assemble('MOV (register)', {Rd: 6, Rm: 0}),
          load(8, 2),
          assemble('MRC TPIDRURO', {Rt: 10}),
          ...loadConstant(9, 0xffff_0ffc),
          load(11, 9),
          ...exitWith(0),
        ],
        bytesOf([7]),
      ),
    );
    const {r} = emulator.cpu;
    expect([r[5], r[6], r[8], r[10], r[11]]).toEqual([0x1234_5678, 0, 9, 0x1234_5678, 5]);
  });
});

describe('what cannot go on', () => {
  const SIGNAL = {SIGILL: 4, SIGBUS: 7, SIGSEGV: 11} as const;
  const dies = (words: readonly number[], signal: keyof typeof SIGNAL, message: string, executed: number) => {
    const {emulator, exitCode, warnings} = run(withData(words));
    expect(exitCode).toBe(128 + SIGNAL[signal]);
    expect(warnings).toEqual([expect.stringContaining(`ends by ${signal}`)]);
    expect(warnings[0]).toContain(message);
    expect(emulator.instructions).toBe(executed);
  };
  const address = (value: number) => loadConstant(1, value);

  it.each([
    ['an unmapped read', [...address(0x10), load(0, 1)], 'SIGSEGV', 'guest fault at pc 0x00010008: read from', 2],
    ['a write to code', [...address(CODE), store(0, 1)], 'SIGSEGV', 'write to an address', 2],
    ['a write out of its page', [...address(DATA + 0x1ffe), store(0, 1)], 'SIGSEGV', '(0x00102001)', 2],
    ['a jump to nowhere', [...address(0x20), assemble('BX', {Rm: 1})], 'SIGSEGV', 'execution at an address', 3],
    ['an UNDEFINED word', [assemble('NOP'), 0xffff_ffff], 'SIGILL', '0xffffffff at 0x00010004 is UNDEFINED', 1],
    ['a misaligned LDM', [...address(DATA + 2), assemble('LDM', {U: 1, Rn: 1, registers: 1})], 'SIGBUS', 'misalig', 2],
    ['a misaligned LDREX', [...address(DATA + 2), assemble('LDREX', {Rn: 1, Rt: 0})], 'SIGBUS', 'misaligned access', 2],
    ['a misaligned SWP', [...address(DATA + 2), assemble('SWP', {Rn: 1, Rt2: 2})], 'SIGBUS', 'misaligned access', 2],
  ] as const)('%s kills the process', (_, words, signal, message, executed) => dies(words, signal, message, executed));

  it.each([
    ['a branch to half a word', [...address(CODE + 2), assemble('BX', {Rm: 1})], 'half-word address in A32 state'],
    ['big-endian data', [...address(0x200), assemble('MSR (register)', {x: 1, Rn: 1})], 'big-endian data'],
    ['an old system call', [assemble('SVC', {imm24: 0x90_0001})], 'the old ABI'],
  ])('%s', (_, words, message) => {
    expect(() => run(withData(words))).toThrow(UnmodelledInstruction);
    expect(() => run(withData(words))).toThrow(message);
  });
});

describe('code that changes', () => {
  it('is decoded again when another word was written, and only then', () => {
    // r0 = 1 at first; the word at `patch` then becomes MOV r0, #2.
    const patch = 4;
    const words = [
      assemble('MOV (immediate)', {Rd: 6, imm12: 0}),
      ...loadConstant(1, CODE + 4 * (patch + 1)),
      branch(14, 2),
      0,
      assemble('MOV (immediate)', {Rd: 0, imm12: 1}),
      assemble('ADD (register)', {Rn: 5, Rd: 5, Rm: 0}),
      assemble('CMP (immediate)', {Rn: 6, imm12: 2}),
      branch(0, 7),
      assemble('ADD (immediate)', {Rn: 6, Rd: 6, imm12: 1}),
      ...loadConstant(2, assemble('MOV (immediate)', {Rd: 0, imm12: 2})),
      store(2, 1),
      branch(14, -8),
      assemble('NOP'),
      ...exitWith(0),
    ];
    const {emulator} = run(program(words, true));
    expect(emulator.cpu.r[5]).toBe(1 + 2 + 2);
    expect(emulator.blocks.filter(({address}) => address === CODE + 4 * (patch + 1)).length).toBe(2);
  });
});

/** More block records than the buffer holds words. */
const TURNS = 70_000;

describe('a trace', () => {
  it('holds blocks, the accesses made, and events', () => {
    const words = [
      ...loadConstant(1, DATA),
      load(0, 1),
      assemble('CMP (immediate)', {Rn: 1, imm12: 0}),
      assemble('LDR (immediate)', {cond: 0, P: 1, U: 1, Rn: 1, Rt: 0}),
      assemble('STM', {U: 1, Rn: 1, registers: 0x00f}),
      assemble('PLD (immediate)', {U: 1, Rn: 1, imm12: 0xffc}),
      branch(14, 1),
      ...exitWith(0),
    ];
    const {emulator} = prepare(withData(words), {record: 'all'});
    const {trace} = emulator;
    expect(emulator.run(1000)).toBe('exited');
    expect([...trace.words.subarray(0, trace.length)]).toEqual([
      blockRecord(0, 3),
      DATA,
      accessMeta(4, READ, 2),
      DATA,
      accessMeta(16, WRITE, 5),
      DATA + 0xffc,
      accessMeta(1, PREFETCH, 6),
      blockRecord(1, 0),
      eventRecord('supervisor-call', 1),
      248,
    ]);
    expect(emulator.blocks).toMatchObject([
      {id: 0, address: CODE, size: 32, end: 'branch', isa: 'a32'},
      {id: 1, address: CODE + 32, size: 20, end: 'system'},
    ]);
  });

  it('runs from warm to end, with markers, and fills buffers', () => {
    const names = 'trapwalk:warm\0\0\0trapwalk:begin\0\0trapwalk:end\0';
    const mark = (at: number) => systemCall(172, 15, DATA + at);
    const words = [
      ...countdown(200),
      ...mark(0),
      ...mark(16),
      ...loadConstant(4, TURNS),
      ...countdown(0).slice(1),
      ...mark(32),
      ...countdown(200),
      ...exitWith(0),
    ];
    const silent = run(withData(words, text(names)));
    const {emulator} = prepare(withData(words, text(names)), {record: 'markers'});
    const {trace} = emulator;
    const chunks: number[][] = [];
    let result = emulator.run(1e6);
    for (; result === 'buffer-full'; result = emulator.run(1e6)) {
      chunks.push([...trace.words.subarray(0, trace.length)]);
      trace.clear();
    }
    chunks.push([...trace.words.subarray(0, trace.length)]);
    expect(result).toBe('exited');
    expect(chunks.length).toBeGreaterThan(1);
    const all = chunks.flat();
    expect(all.slice(0, 2)).toEqual([eventRecord('marker', 1), MARKER_ID.warm]);
    expect(all.slice(-4)).toEqual([eventRecord('supervisor-call', 1), 172, eventRecord('marker', 1), MARKER_ID.end]);
    const blocks = all.filter((word) => word >>> 31 === 0 && word > 255);
    expect(blocks.length).toBeGreaterThanOrEqual(TURNS);
    expect(emulator.instructions).toBe(silent.emulator.instructions);
  });

  it('is the same with hot blocks compiled, and stops at a limit', () => {
    const words = [
      ...loadConstant(1, DATA),
      ...loadConstant(4, 3000),
      store(4, 1),
      load(5, 1),
      assemble('SUB (immediate)', {S: 1, Rn: 4, Rd: 4, imm12: 1}),
      branch(NE, -3),
      ...exitWith(0),
    ];
    const {emulator} = prepare(withData(words), {record: 'all'});
    const {trace} = emulator;
    expect(emulator.run(1000)).toBe('limit');
    expect(emulator.instructions).toBe(1000);
    while (emulator.run(1e6) !== 'exited') trace.clear();
    expect(emulator.instructions).toBe(4 + 4 * 3000 + 5);
    expect(trace.length).toBe(5 + 2999 * 5 + 3);
  });
});

const BIN = new URL('../../guests/bin/', import.meta.url).pathname;
const DHRYSTONE = `${BIN}v5-soft/dhrystone-O2.elf`;
const GUESTS: readonly (readonly [path: string, ...args: string[]])[] = [
  ['v5-soft/dhrystone-O0.elf', '2000', '100'],
  ['v7-hf/dhrystone-O2.elf', '2000', '100'],
  ['v5-soft/softfloat-check-O2.elf', '500'],
  ['v7-hf/softfloat-check-O2.elf', '500'],
  ['v5-soft/stream-O2.elf', '1', '5000', 'csat', 's'],
  ['v7-hf/stream-O2.elf', '1', '5000', 'csat', 's'],
];

describe.skipIf(!hasQemu)(`against qemu-arm${WHY_SKIPPED}`, () => {
  const singleSteps = (elf: Uint8Array, args: readonly string[] = []): number =>
    runQemu(elf, ['-singlestep', '-d', 'exec,nochain'], args)
      .log.split('\n')
      .filter((line) => line.startsWith('Trace ')).length;

  it('counts the same instructions', () => {
    const elf = withData([...countdown(100), ...writeAll(DATA, 6), ...exitWith(0)]);
    expect(run(elf).emulator.instructions).toBe(singleSteps(elf));
  });

  it.skipIf(!existsSync(DHRYSTONE))('counts the same instructions in Dhrystone', () => {
    const elf = readFileSync(DHRYSTONE);
    const mine = run(elf, {argv: ['test.elf', '20', '10']});
    expect(mine.exitCode).toBe(0);
    const steps = singleSteps(elf, ['20', '10']);
    expect(mine.emulator.instructions).toBe(steps);
  });

  it.each(GUESTS.filter(([path]) => existsSync(BIN + path)))('%s writes the same', (path, ...args) => {
    const elf = readFileSync(BIN + path);
    const mine = run(elf, {argv: ['test.elf', ...args], memoryLimit: bytes(128 * MEBIBYTE)});
    const reference = runQemu(elf, [], args);
    expect([mine.exitCode, Buffer.from(mine.output).toString()]).toEqual([
      reference.exitCode,
      Buffer.from(reference.output).toString(),
    ]);
  });
});
