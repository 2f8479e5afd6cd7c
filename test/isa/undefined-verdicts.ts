/**
 * Which instructions qemu-arm takes for UNDEFINED: a program that jumps to one after the other, each in a slot of its own
 * with all registers pointing at scratch memory, and whose handler notes the signal that each raises.
 */
import {assemble, buildElf, bytesOf, CODE, exitWith, loadConstant, systemCall, writeAll} from './assemble.ts';
import {runQemu} from './run.ts';

export interface Candidate {
  readonly word: number;
  /** Bytes of a T32 instruction; an A32 one has 4 too. */
  readonly length: 2 | 4;
  readonly thumb: boolean;
}

// The state is in the page behind the code, where LDR reaches it from pc.
const STATE = CODE + 0x1000;
const TARGET = STATE + 8;
const ACTION = STATE + 0x100;
const ALTERNATE = STATE + 0x140;
const TABLE = 0x0020_0000;
const RESULTS = 0x0080_0000;
const SLOTS = 0x0100_0000;
const SLOT_BYTES = 16;
const SAFE = 0x0300_0000;
const SAFE_BYTES = 0x2_0000;
const STACK = 0x0400_0000;
const STACK_BYTES = 0x1_0000;

const SIGNALS = [4, 5, 7, 8, 11];
const SIGILL = 4;
/** Raised for the UNDEFINED instructions that Linux gives to debuggers as breakpoints. */
const SIGTRAP = 5;
/** Added to the signal's number when it was raised at the slot's own instruction. */
const AT_SLOT = 0x100;
const UNDEFINED = [SIGILL, SIGTRAP].map((signal) => signal + AT_SLOT);
const SA_FLAGS = 0x4 | 0x0800_0000 | 0x4000_0000;
const [RT_SIGACTION, SIGALTSTACK] = [174, 186];
const CONTEXT_PC = 92;

const load = (Rt: number, Rn: number, imm12: number) => assemble('LDR (immediate)', {P: 1, U: 1, Rn, Rt, imm12});
const store = (Rt: number, Rn: number, imm12: number) => assemble('STR (immediate)', {P: 1, U: 1, Rn, Rt, imm12});
const indexed = (name: 'LDR' | 'STR', Rt: number, Rn: number, Rm: number) =>
  assemble(`${name} (register)`, {P: 1, U: 1, Rn, Rt, Rm, imm5: 2});
const branch = (from: number, to: number, cond = 14) =>
  assemble('B', {cond, imm24: ((to - from - 8) >> 2) & 0xff_ffff});
const [PC, EQ, GE] = [15, 0, 10];

const setUp = [
  ...systemCall(SIGALTSTACK, ALTERNATE, 0),
  ...SIGNALS.flatMap((signal) => systemCall(RT_SIGACTION, signal, ACTION, 0, 8)),
];
const NEXT = CODE + 4 * setUp.length;

const advance = (count: number): readonly number[] => {
  const words = [
    ...loadConstant(12, STATE),
    load(0, 12, 0),
    ...loadConstant(1, count),
    assemble('CMP (register)', {Rn: 0, Rm: 1}),
  ];
  const continued = [
    assemble('ADD (immediate)', {Rn: 0, Rd: 2, imm12: 1}),
    store(2, 12, 0),
    ...loadConstant(3, TABLE),
    indexed('LDR', 4, 3, 0),
    store(4, 12, 8),
    ...loadConstant(13, SAFE + SAFE_BYTES / 2),
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14].map((Rd) => assemble('MOV (register)', {Rd, Rm: 13})),
  ];
  const leave = NEXT + 4 * (words.length + 1 + continued.length);
  const done = leave + 4;
  return [
    ...words,
    branch(NEXT + 4 * words.length, done, GE),
    ...continued,
    load(PC, PC, TARGET - leave - 8),
    ...writeAll(RESULTS, 4 * count),
    ...exitWith(0),
  ];
};

const handler = (at: number): readonly number[] => {
  const words = [
    ...loadConstant(12, STATE),
    load(3, 12, 0),
    assemble('SUB (immediate)', {Rn: 3, Rd: 3, imm12: 1}),
    load(4, 12, 8),
    load(5, 2, CONTEXT_PC),
    assemble('BIC (immediate)', {Rn: 4, Rd: 4, imm12: 1}),
    assemble('CMP (register)', {Rn: 4, Rm: 5}),
    assemble('ADD (immediate)', {cond: EQ, Rn: 0, Rd: 0, imm12: 0xc01}),
    ...loadConstant(6, RESULTS),
    indexed('STR', 0, 6, 3),
  ];
  return [...words, branch(at + 4 * words.length, NEXT)];
};

/** The instruction, then a jump back: LDR pc from the word behind it. */
const slot = ({word, length, thumb}: Candidate): readonly number[] => {
  if (!thumb) return [word, 0xe51f_f004, NEXT, 0];
  const [first, second] = length === 2 ? [word, 0xbf00] : [word >>> 16, word & 0xffff];
  return [(first | (second << 16)) >>> 0, 0xf000_f8df, NEXT, 0];
};

const placed = (words: ReadonlyMap<number, number>, size: number): Uint8Array => {
  const data = new DataView(new ArrayBuffer(size));
  for (const [at, word] of words) data.setUint32(at, word >>> 0, true);
  return new Uint8Array(data.buffer);
};

const elfOf = (candidates: readonly Candidate[]): Uint8Array => {
  const loop = advance(candidates.length);
  const handlerAt = NEXT + 4 * loop.length;
  const state = new Map([
    [ACTION - STATE, handlerAt],
    [ACTION - STATE + 4, SA_FLAGS],
    [ALTERNATE - STATE, STACK],
    [ALTERNATE - STATE + 8, STACK_BYTES],
  ]);
  const table = candidates.map(({thumb}, index) => (SLOTS + SLOT_BYTES * index) | (thumb ? 1 : 0));
  const empty = new Uint8Array(0);
  return buildElf([
    {address: CODE, data: bytesOf([...setUp, ...loop, ...handler(handlerAt)]), flags: 5},
    {address: STATE, data: placed(state, 0x1000), flags: 6},
    {address: TABLE, data: bytesOf(table), flags: 4},
    {address: RESULTS, data: empty, size: 4 * candidates.length, flags: 6},
    {address: SLOTS, data: bytesOf(candidates.flatMap(slot)), flags: 5},
    {address: SAFE, data: empty, size: SAFE_BYTES, flags: 6},
    {address: STACK, data: empty, size: STACK_BYTES, flags: 6},
  ]);
};

/** For each candidate, whether qemu-arm takes it for UNDEFINED. @throws Error when the program does not come to its end. */
export const undefinedInQemu = (candidates: readonly Candidate[]): readonly boolean[] => {
  const {output, exitCode} = runQemu(elfOf(candidates));
  if (exitCode !== 0 || output.length !== 4 * candidates.length) {
    throw new Error(`qemu-arm stopped with ${exitCode} after ${output.length / 4} results`);
  }
  return Array.from(new Uint32Array(output.slice().buffer), (result) => UNDEFINED.includes(result));
};
