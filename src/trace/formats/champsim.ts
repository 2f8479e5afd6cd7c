/**
 * ChampSim's traces (inc/trace_instruction.h, branch kinds as inc/instruction.h tells them apart): 64 bytes an instruction,
 * little-endian:
 *
 * ```
 * ip u64 · is_branch u8 · taken u8 · registers written u8[2] · read u8[4] · addresses written u64[2] · read u64[4]
 * ```
 * 0 stands for none. Registers 6, 25 and 26 are the stack pointer, the flags and the instruction pointer; what a branch
 * reads and writes of them says which kind it is.
 */
import {type BlockEnd, FLAGS_BIT, type PipelineInstruction} from '../blocks.ts';
import {READ, WRITE} from '../records.ts';
import type {ChangeCounts} from './changes.ts';
import {beyond, type ExportedAccess, type ExportedInstruction, type Sink, type Writer} from './format.ts';

export const RECORD_BYTES = 64;
const [IS_BRANCH, TAKEN, WRITTEN, READS, STORES, LOADS] = [8, 9, 10, 12, 16, 32];
const [WRITTEN_SLOTS, READ_SLOTS, STORE_SLOTS, LOAD_SLOTS] = [2, 4, 2, 4];
const [STACK, FLAGS, IP] = [6, 25, 26];
const WORD = 4;

/** Any register but the three. */
const OTHER = 64;

interface BranchRegisters {
  readonly written: readonly number[];
  readonly read: readonly number[];
}
/** By kind of end; others are no branches. */
const BRANCHES: Readonly<Partial<Record<BlockEnd, BranchRegisters>>> = {
  branch: {written: [IP], read: [IP]},
  conditional: {written: [IP], read: [IP, FLAGS]},
  call: {written: [IP, STACK], read: [IP, STACK]},
  return: {written: [IP, STACK], read: [STACK]},
  indirect: {written: [IP], read: [OTHER]},
};

/** Of core registers and flags by bit, then of VFP registers. The instruction pointer would make it a branch. */
const CORE_NUMBERS = Array.from({length: 15}, (_, number) => (number === 13 ? STACK : 32 + number));

const registersOf = (core: number, vfp: number): number[] => {
  const found = CORE_NUMBERS.filter((_, bit) => (core & (1 << bit)) !== 0);
  if ((core & FLAGS_BIT) !== 0) found.push(FLAGS);
  for (let bit = 0; bit < 32; bit++) if ((vfp & (1 << bit)) !== 0) found.push(OTHER + bit);
  return found;
};

interface Registers {
  readonly written: readonly number[];
  readonly read: readonly number[];
  readonly leftOut: number;
}

const fitting = ({written, read}: BranchRegisters): Registers => ({
  written: written.slice(0, WRITTEN_SLOTS),
  read: read.slice(0, READ_SLOTS),
  leftOut: Math.max(0, written.length - WRITTEN_SLOTS) + Math.max(0, read.length - READ_SLOTS),
});

const known = new WeakMap<PipelineInstruction, Map<BlockEnd, Registers>>();

const operandsOf = (operands: PipelineInstruction, end: BlockEnd): Registers => {
  const own = {
    written: registersOf(operands.writes, operands.vfpWrites),
    read: registersOf(operands.reads, operands.vfpReads),
  };
  const branch = BRANCHES[end];
  if (branch === undefined) return fitting(own);
  return {...fitting(branch), leftOut: own.written.length + own.read.length};
};

/** Remembered: an instruction executes many times. */
const registersFor = (operands: PipelineInstruction, end: BlockEnd): Registers => {
  const byEnd = known.get(operands) ?? new Map<BlockEnd, Registers>();
  known.set(operands, byEnd);
  const found = byEnd.get(end) ?? operandsOf(operands, end);
  byEnd.set(end, found);
  return found;
};

/** An address for each word. */
const wordsOf = (accesses: readonly ExportedAccess[], kind: number, changes: ChangeCounts): number[] => {
  const words: number[] = [];
  for (const {kind: its, address, size} of accesses) {
    if (its !== kind) continue;
    if (size > WORD) changes.add('split');
    for (let at = address; at < address + size; at += WORD) {
      if (at === 0) changes.add('zeroAddresses');
      else words.push(at);
    }
  }
  return words;
};

const writeAddresses = (record: Buffer, at: number, addresses: readonly number[]): void => {
  for (const [slot, address] of addresses.entries()) record.writeUInt32LE(address, at + 8 * slot);
};

/** Accesses of no instruction have an instruction pointer of 0. */
export const writeChampSim: Writer = (instruction: ExportedInstruction, changes) => {
  const {address = 0, length, operands, end, next, accesses} = instruction;
  const stores = wordsOf(accesses, WRITE, changes);
  const loads = wordsOf(accesses, READ, changes);
  const count = Math.max(1, Math.ceil(stores.length / STORE_SLOTS), Math.ceil(loads.length / LOAD_SLOTS));
  if (count > 1) changes.add('continued', count - 1);
  const {written, read, leftOut} = registersFor(operands, end);
  if (leftOut > 0) changes.add('registers', leftOut);
  const records = Buffer.alloc(count * RECORD_BYTES);
  for (let number = 0; number < count; number++) {
    const record = records.subarray(number * RECORD_BYTES, (number + 1) * RECORD_BYTES);
    record.writeUInt32LE(address, 0);
    writeAddresses(record, STORES, stores.slice(number * STORE_SLOTS, (number + 1) * STORE_SLOTS));
    writeAddresses(record, LOADS, loads.slice(number * LOAD_SLOTS, (number + 1) * LOAD_SLOTS));
  }
  // The registers, and with them the branch, are the last record's: what it continues did not branch.
  const last = (count - 1) * RECORD_BYTES;
  records.set(written, last + WRITTEN);
  records.set(read, last + READS);
  if (BRANCHES[end] !== undefined) {
    records[last + IS_BRANCH] = 1;
    if (next !== undefined && next !== address + length) records[last + TAKEN] = 1;
  }
  return records;
};

/** Is it a branch, and which? As ChampSim tells. */
const endOf = (bytes: Buffer, at: number): BlockEnd => {
  const written = [...bytes.subarray(at + WRITTEN, at + WRITTEN + WRITTEN_SLOTS)];
  const read = [...bytes.subarray(at + READS, at + READS + READ_SLOTS)].filter((register) => register !== 0);
  if (!written.includes(IP)) return bytes[at + IS_BRANCH] === 0 ? 'fall-through' : 'unknown';
  const [readsIp, readsStack, readsFlags] = [IP, STACK, FLAGS].map((register) => read.includes(register));
  const readsOther = read.some((register) => register !== IP && register !== STACK && register !== FLAGS);
  const writesStack = written.includes(STACK);
  if (!readsStack && !readsFlags && !readsOther) return 'branch';
  if (!readsStack && !readsIp && !readsFlags) return 'indirect';
  if (!readsStack && readsIp && !writesStack) return 'conditional';
  if (readsStack && readsIp && writesStack && !readsFlags) return readsOther ? 'indirect' : 'call';
  return readsStack && !readsIp && writesStack ? 'return' : 'unknown';
};

const readAddress = (bytes: Buffer, at: number, what: string): number => {
  const high = bytes.readUInt32LE(at + 4);
  if (high !== 0) throw beyond(what, `0x${bytes.readBigUInt64LE(at).toString(16)}`);
  return bytes.readUInt32LE(at);
};

const registerCount = (bytes: Buffer, at: number): number => {
  let count = 0;
  for (let slot = at + WRITTEN; slot < at + STORES; slot++) if (bytes[slot] !== 0) count++;
  return count;
};

/** Without a taken branch no instruction executes twice in a row: such a record is more of the one before. */
export const readChampSim = (sink: Sink) => {
  let previous: number | undefined;
  return (bytes: Buffer, at: number) => {
    const address = readAddress(bytes, at, 'instruction pointer');
    const registers = registerCount(bytes, at);
    if (registers > 0) sink.note('registers', registers);
    const end = endOf(bytes, at);
    if (address !== previous) sink.instruction(address === 0 ? undefined : address, undefined, end);
    else {
      sink.note('continued');
      if (end !== 'fall-through') sink.ends(end);
    }
    previous = bytes[at + TAKEN] === 0 ? address : undefined;
    for (const [kind, first, slots] of [
      [READ, LOADS, LOAD_SLOTS],
      [WRITE, STORES, STORE_SLOTS],
    ] as const) {
      for (let slot = 0; slot < slots; slot++) {
        const target = readAddress(bytes, at + first + 8 * slot, 'address');
        if (target !== 0) sink.access(kind, target, undefined);
      }
    }
  };
};
