/**
 * Reads a stored trace. Nothing in the file is believed: lengths are checked before use, each section against its checksum,
 * each chunk against the index and the block dictionary. Damage is an {@link InputError} that names chunk and byte and says
 * what can still be read.
 */
import {closeSync, fstatSync, openSync} from 'node:fs';
import {InputError, systemReason} from '../files/errors.ts';
import type {Block} from './blocks.ts';
import {
  type ChunkEntry,
  type FormatVersion,
  headerSchema,
  MAGIC,
  PREAMBLE_BYTES,
  READABLE_VERSIONS,
  type TraceCounts,
} from './container.ts';
import {addTo, type Contents, parse, readContents, scan, section, Unpacker, unpackSound} from './contents.ts';
import {Decoder, type SoundChunk} from './decoder.ts';
import {DamagedSection, readExactly} from './section.ts';
import type {TraceChunk, TraceHeader, TraceSource} from './source.ts';
import type {PlacedMarker} from './tallies.ts';
import {FIRST_TASK, type MarkerPlace, type RecordCounts, sameTask, Tally, type Task} from './tally.ts';

export interface OpenOptions {
  /** Read the intact chunks at the start of a damaged file instead of refusing it. */
  readonly salvage?: boolean;
  /** Read the stream of this vCPU only; otherwise the chunks of all of them, as they are stored. */
  readonly vcpu?: number | undefined;
}

export interface StoredTrace extends TraceSource {
  readonly path: string;
  /** Whose stream is read; undefined where it is all of them. Of a trace of one vCPU it is 0. */
  readonly vcpu: number | undefined;
  /** Of all that is read here; of a salvaged trace, of what is readable. */
  readonly counts: TraceCounts;
  /** Of the records of each vCPU's stream, whichever is read. */
  readonly vcpuCounts: readonly RecordCounts[];
  readonly version: FormatVersion;
  /** The first marker of each kind; undefined where the file does not say (version 1), and where several streams are read. */
  readonly markers: readonly MarkerPlace[] | undefined;
  /** Those of each stream; undefined where the file does not say. */
  readonly allMarkers: readonly PlacedMarker[] | undefined;
  /** Who executes the first record of the next chunk; undefined behind a `seek` where the file does not say (version 1). */
  readonly task: Task | undefined;
  /** The last chunk, when it was found to keep the rules as it was decoded; undefined when that is for others to say. */
  readonly sound: SoundChunk | undefined;
  /**
   * Goes to the chunk that holds the instruction with this number (from 0, of all that is read here) and returns the number of
   * the chunk's first instruction. `seek(0)` rewinds. @throws RangeError beyond the last instruction.
   */
  seek(instruction: number): number;
  close(): void;
}

/** A chunk that is read here. */
interface PlacedChunkEntry extends ChunkEntry {
  /** Its number in the file, and the instructions before it there. */
  readonly number: number;
  readonly stored: number;
  /** The instructions before it of what is read here. */
  readonly position: number;
}

const placed = (chunks: readonly ChunkEntry[], wanted: number | undefined): readonly PlacedChunkEntry[] => {
  let [stored, position] = [0, 0];
  return chunks.flatMap((chunk, number) => {
    const isWanted = wanted === undefined || chunk.vcpu === wanted;
    const entry = {...chunk, number, stored, position};
    stored += chunk.instructions;
    if (isWanted) position += chunk.instructions;
    return isWanted ? [entry] : [];
  });
};

const countsOf = ({counts, vcpus}: Contents, chunks: readonly ChunkEntry[], vcpu: number | undefined): TraceCounts => {
  const own = vcpu === undefined ? undefined : vcpus[vcpu];
  return own === undefined ? counts : {...counts, ...own, chunks: chunks.length};
};

class Reader implements StoredTrace {
  readonly path: string;
  readonly header: TraceHeader;
  readonly vcpu: number | undefined;
  readonly counts: TraceCounts;
  readonly vcpuCounts: readonly RecordCounts[];
  readonly blocks: readonly Block[];
  readonly version: FormatVersion;
  readonly markers: readonly MarkerPlace[] | undefined;
  readonly allMarkers: readonly PlacedMarker[] | undefined;
  readonly #chunks: readonly PlacedChunkEntry[];
  readonly #limit: number;
  readonly #unpacker = new Unpacker();
  #decoder: Decoder | undefined;
  sound: SoundChunk | undefined;
  #file: number | undefined;
  #next = 0;
  /** By vCPU, who executes its next record. */
  #tasks: (Task | undefined)[];
  #lastVcpu = 0;

  constructor(path: string, file: number, {version, header}: Start, contents: Contents, vcpu: number | undefined) {
    this.path = path;
    this.header = header;
    this.version = version;
    this.vcpu = header.vcpus === 1 ? 0 : vcpu;
    this.allMarkers = contents.markers;
    this.markers =
      this.vcpu === undefined
        ? undefined
        : contents.markers
            ?.filter((one) => one.vcpu === this.vcpu)
            .map(({marker, instruction}) => ({marker, instruction}));
    this.blocks = contents.blocks;
    this.vcpuCounts = contents.vcpus;
    this.#chunks = placed(contents.chunks, vcpu);
    this.counts = countsOf(contents, this.#chunks, vcpu);
    this.#limit = contents.limit;
    this.#file = file;
    this.#tasks = contents.vcpus.map(() => FIRST_TASK);
  }

  get task(): Task | undefined {
    return this.#tasks[this.#chunks[this.#next]?.vcpu ?? this.#lastVcpu];
  }

  next(): TraceChunk | undefined {
    if (this.#file === undefined) throw new Error(`${this.path} is closed`);
    const entry = this.#chunks[this.#next];
    if (entry === undefined) return undefined;
    try {
      return this.#read(this.#file, entry);
    } catch (error) {
      if (!(error instanceof DamagedSection)) throw error;
      throw new InputError(`damaged: ${error.message}`, {
        file: this.path,
        place: `chunk ${entry.number}, byte ${entry.offset}`,
        remedy: remedy(entry.number, entry.stored, this.header),
      });
    }
  }

  #read(file: number, {offset, vcpu, instructions, task}: PlacedChunkEntry): TraceChunk {
    const known = this.#tasks[vcpu];
    if (task !== undefined && known !== undefined && !sameTask(task, known)) {
      throw new DamagedSection(`begins in task ${known.task} where the index says ${task.task}`);
    }
    const stored = section(file, offset, this.#limit, 'records');
    this.#decoder ??= new Decoder(this.blocks);
    const fast = unpackSound(stored, this.#decoder);
    const chunk = fast ?? this.#unpacker.unpack(stored);
    if (chunk.vcpu !== vcpu) throw new DamagedSection(`is of vCPU ${chunk.vcpu} where the index says ${vcpu}`);
    this.sound = fast;
    const tally = new Tally();
    tally.task = known ?? tally.task;
    if (fast === undefined) addTo(tally, chunk, this.blocks);
    else tally.addSound(fast);
    if (tally.instructions !== instructions)
      throw new DamagedSection(`has ${tally.instructions} instructions where the index says ${instructions}`);
    if (known !== undefined) this.#tasks[vcpu] = tally.task;
    this.#next++;
    this.#lastVcpu = vcpu;
    return chunk;
  }

  seek(instruction: number): number {
    if (instruction === 0 && this.#chunks.length === 0) return 0;
    if (!Number.isInteger(instruction) || instruction < 0 || instruction >= Math.max(1, this.counts.instructions)) {
      throw new RangeError(`instruction ${instruction} is not in a trace of ${this.counts.instructions}`);
    }
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const {position, instructions} = this.#chunks[middle]!;
      if (instruction < position + instructions) high = middle;
      else low = middle + 1;
    }
    this.#next = instruction === 0 ? 0 : low;
    this.#tasks = this.#tasks.map((_, vcpu) => this.#taskAt(this.#next, vcpu));
    return this.#chunks[this.#next]!.position;
  }

  /** Who executes a vCPU's first record from a chunk on. */
  #taskAt(from: number, vcpu: number): Task | undefined {
    const isOwn = (entry: ChunkEntry): boolean => entry.vcpu === vcpu;
    const next = this.#chunks.findIndex((entry, number) => number >= from && isOwn(entry));
    return next === this.#chunks.findIndex(isOwn) ? FIRST_TASK : this.#chunks[next]?.task;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

const remedy = (chunks: number, instructions: number, {command}: TraceHeader): string => {
  const left =
    chunks === 0
      ? 'nothing can be salvaged'
      : `the ${chunks} ${chunks === 1 ? 'chunk' : 'chunks'} before (${instructions} instructions) can be salvaged with 'trapwalk trace validate --salvage'`;
  return `${left}; or record it again with '${command}'`;
};

const RESTORE = 'copy it again from where it came from, or record it again';

const noTrace = (path: string): InputError =>
  new InputError('is not a trapwalk trace', {
    file: path,
    remedy: "record one with 'trapwalk trace record', or make one of another format with 'trapwalk trace import'",
  });

/** What stands before the contents. */
interface Start {
  readonly version: FormatVersion;
  readonly header: TraceHeader;
}

/** @throws InputError when the file is no trace of a version that this reader knows. */
const readVersion = (file: number, size: number, path: string): FormatVersion => {
  if (size < PREAMBLE_BYTES) throw noTrace(path);
  const preamble = readExactly(file, 0, PREAMBLE_BYTES);
  if (!preamble.subarray(0, MAGIC.length).equals(MAGIC)) throw noTrace(path);
  const stored = preamble.readUInt16LE(MAGIC.length);
  const version = READABLE_VERSIONS.find((one) => one === stored);
  if (version === undefined) {
    throw new InputError(`has format version ${stored}; this trapwalk reads ${READABLE_VERSIONS.join(', ')}`, {
      file: path,
      remedy: 'record it again, or use the trapwalk that wrote it',
    });
  }
  if (preamble.readUInt16LE(MAGIC.length + 2) !== 0) {
    throw new InputError('reserved bits are set', {file: path, place: `byte ${MAGIC.length + 2}`, remedy: RESTORE});
  }
  return version;
};

const readHeader = (file: number, size: number, path: string): {header: TraceHeader; end: number} => {
  try {
    const {raw, end} = section(file, PREAMBLE_BYTES, size, 'header');
    return {header: parse(raw, headerSchema, 'header'), end};
  } catch (error) {
    if (!(error instanceof DamagedSection)) throw error;
    throw new InputError(`damaged header: ${error.message}`, {
      file: path,
      place: `byte ${PREAMBLE_BYTES}`,
      remedy: `nothing can be salvaged without it; ${RESTORE}`,
    });
  }
};

const openContents = (path: string, file: number, {salvage = false, vcpu}: OpenOptions): Reader => {
  const size = fstatSync(file).size;
  const version = readVersion(file, size, path);
  const {header, end} = readHeader(file, size, path);
  const start = {version, header};
  const {vcpus} = header;
  if (vcpu !== undefined && vcpu >= vcpus) {
    throw new InputError(`has no vCPU ${vcpu}`, {file: path, remedy: `name one of 0 to ${vcpus - 1}`});
  }
  if (salvage) return new Reader(path, file, start, scan(file, size, end, vcpus), vcpu);
  try {
    return new Reader(path, file, start, readContents(file, size, end, {version, vcpus}), vcpu);
  } catch (error) {
    if (!(error instanceof DamagedSection)) throw error;
    const {chunks, counts, limit, reason} = scan(file, size, end, vcpus);
    throw new InputError(`damaged: ${error.message} (${reason})`, {
      file: path,
      place: `chunk ${chunks.length}, byte ${limit}`,
      remedy: remedy(chunks.length, counts.instructions, header),
    });
  }
};

/** @throws InputError when the file cannot be read, is no trace, or is damaged (unless `salvage`). */
export const openTrace = (path: string, options: OpenOptions = {}): StoredTrace => {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new InputError(`cannot read (${systemReason(error)})`, {file: path, remedy: 'name a stored trace'});
  }
  try {
    if (!fstatSync(file).isFile())
      throw new InputError('is not a regular file', {
        file: path,
        remedy: 'copy the trace to a file: it is read at many places',
      });
    return openContents(path, file, options);
  } catch (error) {
    closeSync(file);
    throw error;
  }
};

/** @throws InputError when it is no trace. */
export const storedHeader = (path: string): TraceHeader => {
  const trace = openTrace(path);
  trace.close();
  return trace.header;
};
