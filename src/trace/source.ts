/** What replay consumes, whether a guest executes on the fly or a stored trace is read. */
import type {BlockTable} from './blocks.ts';

/** A run of whole records; `words` is reused by the producer after the next call of `next`. */
export interface TraceChunk {
  readonly words: Uint32Array;
  /** Words in use. */
  readonly length: number;
  /** Whose records they are; 0 unless told. */
  readonly vcpu?: number;
}

export interface ImportOrigin {
  /** A name of the table of formats. */
  readonly format: string;
  /** Its name, without directories. */
  readonly file: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly fileHash: string;
}

/** Of a trace of a machine: what it is beside its vCPUs, and what it booted from. */
export interface MachineHeader {
  readonly board: string;
  /** In bytes, of intermediate physical addresses. */
  readonly ramBase: number;
  readonly ramSize: number;
  /** Nanoseconds of guest time after which vCPUs took turns as this was recorded. */
  readonly quantum: number;
  /** Guest time passed for all vCPUs while one of them ran, and one that waited ended its turn; otherwise all ran at once. */
  readonly sharesCpu?: true | undefined;
  readonly nanosecondsPerInstruction: number;
  readonly commandLine: string;
  /** Files beside the guest's own, without directories. */
  readonly files: readonly {readonly role: string; readonly name: string; readonly hash: string}[];
}

/** What is known of a trace before its first record. Address spaces are always virtual; the host is little-endian. */
export interface TraceHeader {
  /** Only of a trace that was not recorded here: the file of another format that it was made of. */
  readonly importedFrom?: ImportOrigin | undefined;
  readonly guest: string;
  /** The command line that makes this trace again. */
  readonly command: string;
  /** SHA-256 of the guest's ELF file, hexadecimal; empty where an imported trace does not know it. */
  readonly guestHash: string;
  readonly isa: 'armv7-a';
  readonly endianness: 'little';
  readonly vcpus: number;
  readonly machine?: MachineHeader | undefined;
}

export interface TraceSource {
  readonly header: TraceHeader;
  /** Grows while chunks are produced; every id in a chunk is in it by the time the chunk is handed over. */
  readonly blocks: BlockTable;
  /** The next chunk, or undefined at the end. */
  next(): TraceChunk | undefined;
}

/** A source whose chunks are waited for. */
export interface AsyncTraceSource extends Omit<TraceSource, 'next'> {
  next(): Promise<TraceChunk | undefined>;
}
