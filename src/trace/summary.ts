/** What a trace holds, counted in one pass: for `trace info`, and for a first look at a new workload. */
import {KIBIBYTE} from '../units.ts';
import {type Block, MAX_BLOCKS} from './blocks.ts';
import {EVENT_KINDS, MARKERS} from './events.ts';
import {
  ACCESS_WORDS,
  accessExclusive,
  accessKind,
  accessSize,
  eventKind,
  recordAccesses,
  recordBlock,
} from './records.ts';
import type {TraceSource} from './source.ts';
import {FIRST_TASK} from './tally.ts';
import {isEvent, recordWords} from './walk.ts';

const PAGE = 4 * KIBIBYTE;
export const ACCESS_KINDS = ['read', 'write', 'prefetch'] as const;
export type AccessKind = (typeof ACCESS_KINDS)[number];

export interface TraceSummary {
  readonly records: number;
  readonly blockExecutions: number;
  /** Different blocks that were executed. */
  readonly blocks: number;
  readonly instructions: number;
  readonly accesses: Readonly<Record<AccessKind, {readonly count: number; readonly bytes: number}>>;
  readonly exclusives: number;
  /** What task switches name, and the task that begins. Of a machine, a task is a table. */
  readonly addressSpaces: number;
  readonly tasks: number;
  /** 4 KiB pages and lines that data accesses (not prefetches) touch; those of each address space by themselves, global ones once. */
  readonly dataPages: number;
  readonly dataLines: number;
  /** The same of the code executed. */
  readonly codePages: number;
  readonly codeLines: number;
  /** By kind; a kind that this version does not know reads `kind-<number>`. */
  readonly events: Readonly<Record<string, number>>;
  /** Markers in order, with the instructions executed before each. */
  readonly markers: readonly {readonly marker: string; readonly instruction: number; readonly vcpu: number}[];
  /** Of each vCPU. */
  readonly vcpus: readonly {readonly instructions: number; readonly events: number}[];
}

/** In place of a space: what a machine's translations say to be in all of them. Not −1, which names no part of a set. */
const GLOBAL_SPACE = -2;
const ADDRESS_PAGES = 2 ** 20;
/** Bits of the form of a `translation`. */
const SIZE_BITS = 0x3f;
const GLOBAL_BIT = 0x40;

/** Where a vCPU is. */
interface Stream {
  space: number;
  instructions: number;
  events: number;
}

export interface SummaryOptions {
  /** Bytes of the lines counted. */
  readonly lineSize: number;
}

/** Units that one part of a {@link UnitSet} holds, a bit each. */
const PART_UNITS = 2 ** 15;

/** A set of the units of `size` bytes (a power of two) in address spaces of 32 bits each. */
class UnitSet {
  /** By space and number of the part within it. */
  readonly #parts = new Map<number, Uint32Array>();
  readonly #partsPerSpace: number;
  readonly #shift: number;
  #lastKey = -1;
  #lastPart: Uint32Array = new Uint32Array(0);
  count = 0;

  constructor(size: number) {
    this.#shift = Math.log2(size);
    if (!Number.isInteger(this.#shift) || size < 1)
      throw new RangeError(`a line has a power of two of bytes, not ${size}`);
    this.#partsPerSpace = Math.ceil(2 ** 32 / size / PART_UNITS);
  }

  /** Adds the units of `bytes` bytes from `address`; what lies beyond 32 bits wraps, as addresses do. */
  add(space: number, address: number, bytes: number): void {
    const last = Math.floor((address + bytes - 1) / 2 ** this.#shift);
    for (let unit = address >>> this.#shift; unit <= last; unit++) {
      const part = this.#part(space, Math.floor(unit / PART_UNITS) % this.#partsPerSpace);
      const index = (unit % PART_UNITS) >>> 5;
      const bit = 1 << (unit & 31);
      if ((part[index]! & bit) !== 0) continue;
      part[index]! |= bit;
      this.count++;
    }
  }

  #part(space: number, number: number): Uint32Array {
    const key = space * this.#partsPerSpace + number;
    if (key === this.#lastKey) return this.#lastPart;
    const part = this.#parts.get(key) ?? new Uint32Array(PART_UNITS / 32);
    this.#parts.set(key, part);
    this.#lastKey = key;
    this.#lastPart = part;
    return part;
  }
}

class Summary {
  readonly #dataPages = new UnitSet(PAGE);
  readonly #dataLines: UnitSet;
  readonly #codePages = new UnitSet(PAGE);
  readonly #codeLines: UnitSet;
  readonly #executed = new Set<number>();
  /** Blocks by the space that executed them. */
  readonly #executedIn = new Set<number>();
  readonly #spaces = new Set([FIRST_TASK.space]);
  readonly #tasks = new Set([FIRST_TASK.task]);
  readonly #streams: Stream[] = [];
  #stream: Stream = {space: FIRST_TASK.space, instructions: 0, events: 0};
  /** By virtual page whether it is in all spaces. */
  readonly #global = new Uint8Array(ADDRESS_PAGES);
  readonly #counts = [0, 0, 0];
  readonly #bytes = [0, 0, 0];
  readonly #events: Record<string, number> = {};
  readonly #markers: {marker: string; instruction: number; vcpu: number}[] = [];
  #vcpu = 0;
  #records = 0;
  #blockExecutions = 0;
  #instructions = 0;
  #exclusives = 0;

  constructor(lineSize: number) {
    this.#dataLines = new UnitSet(lineSize);
    this.#codeLines = new UnitSet(lineSize);
  }

  /** The records that follow are of this vCPU. */
  enter(vcpu: number): void {
    while (this.#streams.length <= vcpu) this.#streams.push({space: FIRST_TASK.space, instructions: 0, events: 0});
    this.#vcpu = vcpu;
    this.#stream = this.#streams[vcpu]!;
  }

  record(words: Uint32Array, at: number, blocks: readonly Block[]): void {
    this.#records++;
    const head = words[at]!;
    if (isEvent(head)) {
      this.#event(words, at);
      return;
    }
    this.#blockExecutions++;
    const id = recordBlock(head);
    const block = blocks[id];
    if (block === undefined) throw new RangeError(`record ${this.#records - 1} names block ${id} of ${blocks.length}`);
    this.#instructions += block.instructions.length;
    this.#stream.instructions += block.instructions.length;
    const space = this.#spaceOf(block.address);
    const key = space * MAX_BLOCKS + id;
    if (!this.#executedIn.has(key)) {
      this.#executed.add(id);
      this.#executedIn.add(key);
      this.#codePages.add(space, block.address, block.size);
      this.#codeLines.add(space, block.address, block.size);
    }
    const end = at + 1 + recordAccesses(head) * ACCESS_WORDS;
    for (let access = at + 1; access < end; access += ACCESS_WORDS) this.#access(words[access]!, words[access + 1]!);
  }

  #access(address: number, meta: number): void {
    const [kind, size] = [accessKind(meta), accessSize(meta)];
    this.#counts[kind]! += 1;
    this.#bytes[kind]! += size;
    this.#exclusives += accessExclusive(meta);
    if (ACCESS_KINDS[kind] === 'prefetch') return;
    const space = this.#spaceOf(address);
    this.#dataPages.add(space, address, size);
    this.#dataLines.add(space, address, size);
  }

  #spaceOf(address: number): number {
    return this.#global[address >>> 12] === 0 ? this.#stream.space : GLOBAL_SPACE;
  }

  #event(words: Uint32Array, at: number): void {
    const kind = EVENT_KINDS[eventKind(words[at]!)];
    const name = kind ?? `kind-${eventKind(words[at]!)}`;
    this.#events[name] = (this.#events[name] ?? 0) + 1;
    this.#stream.events++;
    if (kind === 'translation') this.#translate(words[at + 2]!, words[at + 3]!);
    if (kind === 'task-switch') this.#switch(words[at + 1]!, words[at + 2]!);
    if (kind !== 'marker') return;
    const marker = MARKERS[words[at + 1]!] ?? `marker-${words[at + 1]}`;
    this.#markers.push({marker, instruction: this.#stream.instructions, vcpu: this.#vcpu});
  }

  /** @param form as `translation` has it. */
  #translate(address: number, form: number): void {
    const first = address >>> 12;
    const pages = 2 ** Math.max((form & SIZE_BITS) - 12, 0);
    this.#global.fill((form & GLOBAL_BIT) === 0 ? 0 : 1, first, first + pages);
  }

  /** A task that is left before it executed anything is none of this trace's. */
  #switch(space: number, task: number): void {
    if (this.#blockExecutions === 0) {
      this.#spaces.clear();
      this.#tasks.clear();
    }
    this.#spaces.add(space);
    this.#tasks.add(task);
    this.#stream.space = space;
  }

  result(): TraceSummary {
    const kinds = ACCESS_KINDS.map((kind, id) => [kind, {count: this.#counts[id]!, bytes: this.#bytes[id]!}]);
    return {
      records: this.#records,
      blockExecutions: this.#blockExecutions,
      blocks: this.#executed.size,
      instructions: this.#instructions,
      accesses: Object.fromEntries(kinds) as TraceSummary['accesses'],
      exclusives: this.#exclusives,
      addressSpaces: this.#spaces.size,
      tasks: this.#tasks.size,
      dataPages: this.#dataPages.count,
      dataLines: this.#dataLines.count,
      codePages: this.#codePages.count,
      codeLines: this.#codeLines.count,
      events: this.#events,
      markers: this.#markers,
      vcpus: this.#streams.map(({instructions, events}) => ({instructions, events})),
    };
  }
}

/** Runs `source` to its end. It must keep the rules of `checkTrace`. */
export const summarizeTrace = (source: TraceSource, {lineSize}: SummaryOptions): TraceSummary => {
  const summary = new Summary(lineSize);
  for (let chunk = source.next(); chunk !== undefined; chunk = source.next()) {
    summary.enter(chunk.vcpu ?? 0);
    for (let at = 0; at < chunk.length; at += recordWords(chunk.words[at]!))
      summary.record(chunk.words, at, source.blocks);
  }
  return summary.result();
};
