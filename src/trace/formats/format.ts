/** What a format of memory traces is to import and export. */
import type {BlockEnd, PipelineInstruction} from '../blocks.ts';
import type {READ, WRITE} from '../records.ts';
import type {Change, ChangeCounts} from './changes.ts';

/** Of a unit of the file (a line, a record) that makes no sense; who reads it adds the place. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

export type DataKind = typeof READ | typeof WRITE;

/** Receives what a file says, in its order. */
export interface Sink {
  /**
   * @param address undefined: the accesses that follow belong to no instruction that the file names.
   * @param length in bytes, undefined where the format has none.
   */
  instruction(address: number | undefined, length: number | undefined, end: BlockEnd): void;
  /** The instruction before turns out to end so. */
  ends(end: BlockEnd): void;
  /** By the instruction before it. @param size in bytes, undefined where the format has none. */
  access(kind: DataKind, address: number, size: number | undefined): void;
  note(change: Change, times?: number): void;
}

/** Understands a file line by line (without line ends) or record by record (of `unit` bytes, at `at`). */
export type Reader =
  | {readonly unit: 'line'; readonly open: (sink: Sink) => (line: string) => void}
  | {readonly unit: number; readonly open: (sink: Sink) => (bytes: Buffer, at: number) => void};

export interface ExportedAccess {
  readonly kind: number;
  readonly address: number;
  readonly size: number;
}

/** An instruction as it was executed. */
export interface ExportedInstruction {
  /** Undefined: the trace was imported, and its file named no instruction for these accesses. */
  readonly address: number | undefined;
  readonly length: number;
  readonly operands: PipelineInstruction;
  /** How its block ends, for its last instruction; others fall through. */
  readonly end: BlockEnd;
  /** Address of the instruction executed next; undefined at the end. */
  readonly next: number | undefined;
  /** Reads and writes; prefetches are left out. */
  readonly accesses: readonly ExportedAccess[];
}

/** The text or the bytes of one instruction. */
export type Writer = (instruction: ExportedInstruction, changes: ChangeCounts) => string | Uint8Array;

export interface TraceFormat {
  readonly title: string;
  readonly read?: Reader;
  readonly write?: Writer;
  /** What a file of this format cannot say, as a user should know it. */
  readonly cannotHold: string;
}

const WORD = 2 ** 32;

/** A number in hexadecimal digits, with or without 0x. @throws Malformed when it is not one, or beyond 32 bits. */
export const parseHex = (digits: string, what: string): number => {
  const value = /^(0x)?[0-9a-f]{1,16}$/i.test(digits) ? Number.parseInt(digits.replace(/^0x/i, ''), 16) : Number.NaN;
  if (Number.isNaN(value)) throw new Malformed(`${what} '${digits.slice(0, 20)}' is no hexadecimal number`);
  if (value >= WORD) throw beyond(what, `0x${digits.replace(/^0x/i, '')}`);
  return value;
};

export const beyond = (what: string, value: string): Malformed =>
  new Malformed(`${what} ${value} is beyond 32 bits`, 'trapwalk models ARMv7-A: trace a 32-bit Arm program');

export const hex = (value: number): string => value.toString(16);
