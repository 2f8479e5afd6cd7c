/**
 * Builds the blocks and records of an imported trace. A foreign file knows addresses, not operands, so a block is one
 * instruction of class `unknown`; docs/formats.md says what follows. An entry of a block can make one access only, so that
 * an instruction with more has an entry for each; contiguous ones of a kind are one access, as they are of LDM and STM.
 */
import {type Block, type BlockEnd, isUnknown, MAX_BLOCK_INSTRUCTIONS, type PipelineInstruction} from '../blocks.ts';
import {TraceBuffer} from '../buffer.ts';
import {accessKind, accessMeta, accessSize, blockRecord} from '../records.ts';
import type {TraceChunk} from '../source.ts';
import type {Change, ChangeCounts} from './changes.ts';
import {type DataKind, Malformed, type Sink} from './format.ts';

/** Different instructions; each takes some hundred bytes of memory while importing. */
const MOST_BLOCKS = 2 ** 21;
const LARGEST_ACCESS = 128;
/** A larger one is taken for an error. */
const LARGEST_FOREIGN_ACCESS = 4096;
/** Words of the records that one unit of a file becomes: a line of 64 KiB names some 6,000 accesses, of two words each. */
const UNIT_WORDS = 2 ** 14;
const WORD = 4;
const ADDRESSES = 2 ** 32;

/** Where accesses are executed whose instruction a file does not name: a word that no program of Linux's can execute. */
const NAMELESS_ADDRESS = ADDRESSES - WORD;

/** Does it stand for no instruction, but for accesses that a file names alone? */
export const isNameless = (block: Block): boolean => block.address === NAMELESS_ADDRESS && isUnknown(block);

const UNKNOWN: PipelineInstruction = {
  class: 'unknown',
  transfers: 1,
  reads: 0,
  readsEarly: 0,
  writes: 0,
  writesBack: 0,
  vfpReads: 0,
  vfpWrites: 0,
};

/** Of what has no size or length: it ends with its word, or before. Never more than was accessed, to any other word. */
const restOfWord = (address: number): number => WORD - (address % WORD);
const alignedSize = (address: number): number => (address % WORD === 0 ? WORD : address % 2 === 0 ? 2 : 1);

/** The largest access that one record can say of so many bytes. */
const legalPart = (size: number): number =>
  size >= WORD ? Math.min(LARGEST_ACCESS, size - (size % WORD)) : size >= 2 ? 2 : 1;

interface Instruction {
  readonly address: number;
  readonly length: number;
  readonly end: BlockEnd;
}
const NAMELESS: Instruction = {address: NAMELESS_ADDRESS, length: WORD, end: 'unknown'};

export class ImportBuilder implements Sink {
  readonly blocks: Block[] = [];
  readonly #changes: ChangeCounts;
  readonly #variants = new Map<number, Block[]>();
  readonly #bodies = new Map<number, readonly PipelineInstruction[]>();
  readonly #buffer = new TraceBuffer(new Uint32Array(2 ** 16), new Int32Array(1), UNIT_WORDS);
  #current: Instruction = NAMELESS;
  /** Of the current instruction: address and meta (with slot 0) in turn. */
  readonly #accesses: number[] = [];
  #executed = false;

  constructor(changes: ChangeCounts) {
    this.#changes = changes;
  }

  note(change: Change, times?: number): void {
    this.#changes.add(change, times);
  }

  instruction(address: number | undefined, length: number | undefined, end: BlockEnd): void {
    this.#flush();
    if (address === undefined) this.#current = NAMELESS;
    else this.#named(address, length, end);
  }

  ends(end: BlockEnd): void {
    if (this.#current !== NAMELESS) this.#current = {...this.#current, end};
  }

  #named(address: number, length: number | undefined, end: BlockEnd): void {
    if (address % 2 !== 0 || (length !== undefined && length !== 2 && length !== WORD)) {
      throw new Malformed(
        `an instruction of ${length ?? 'unknown'} bytes at 0x${address.toString(16)} is neither A32 nor T32`,
        'trace a 32-bit Arm program, instruction by instruction',
      );
    }
    if (length === undefined) this.note('assumedLengths');
    const bytes = length ?? restOfWord(address);
    if (address + bytes > ADDRESSES) throw new Malformed('an instruction runs beyond the address space');
    this.#current = {address, length: bytes, end};
    this.#executed = true;
  }

  access(kind: DataKind, address: number, size: number | undefined): void {
    if (size === undefined) this.note('assumedSizes');
    const bytes = size ?? alignedSize(address);
    if (bytes < 1 || bytes > LARGEST_FOREIGN_ACCESS) throw new Malformed(`an access of ${bytes} bytes`);
    if (address + bytes > ADDRESSES) throw new Malformed('an access runs beyond the address space');
    if (legalPart(bytes) !== bytes) this.note('split');
    for (let done = 0; done < bytes; ) {
      const part = legalPart(bytes - done);
      this.#add(kind, address + done, part);
      done += part;
    }
  }

  #add(kind: DataKind, address: number, size: number): void {
    const isNamed = this.#current !== NAMELESS;
    if (isNamed && this.#merge(kind, address, size)) return;
    const count = this.#accesses.length / 2;
    if (count === MAX_BLOCK_INSTRUCTIONS) {
      this.#flush();
      this.#current = NAMELESS;
    }
    this.#accesses.push(address, accessMeta(size, kind, 0));
    if (this.#current === NAMELESS) this.note('nameless');
    else if (count > 0) this.note('parts');
  }

  /** Words that an instruction moves one behind another are one access. */
  #merge(kind: DataKind, address: number, size: number): boolean {
    const last = this.#accesses.length - 2;
    if (last < 0) return false;
    const [start, meta] = [this.#accesses[last]!, this.#accesses[last + 1]!];
    const before = accessSize(meta);
    const isNext = accessKind(meta) === kind && start + before === address;
    if (!isNext || before % WORD !== 0 || size % WORD !== 0 || before + size > LARGEST_ACCESS) return false;
    this.#accesses[last + 1] = accessMeta(before + size, kind, 0);
    this.note('merged');
    return true;
  }

  #flush(): void {
    const count = this.#accesses.length / 2;
    if (!this.#executed && count === 0) return;
    const {words} = this.#buffer;
    words[this.#buffer.length++] = blockRecord(this.#block(Math.max(1, count)), count);
    for (let slot = 0; slot < count; slot++) {
      const meta = this.#accesses[2 * slot + 1]!;
      words[this.#buffer.length++] = this.#accesses[2 * slot]!;
      words[this.#buffer.length++] = accessMeta(accessSize(meta), accessKind(meta), slot);
    }
    this.#accesses.length = 0;
    this.#executed = false;
  }

  /** The number of the block that is the current instruction with so many entries. */
  #block(entries: number): number {
    const {address, length, end} = this.#current;
    const variants = this.#variants.get(address) ?? [];
    const known = variants.find(
      (block) => block.size === length && block.end === end && block.instructions.length === entries,
    );
    if (known !== undefined) return known.id;
    const id = this.blocks.length;
    if (id === MOST_BLOCKS) {
      throw new Malformed(`more than ${MOST_BLOCKS} different instructions`, 'import a part of the file at a time');
    }
    const isa = address % WORD === 0 && length === WORD ? 'a32' : 't32';
    const block: Block = {id, address, isa, size: length, instructions: this.#body(entries), end};
    this.blocks.push(block);
    this.#variants.set(address, [...variants, block]);
    return id;
  }

  #body(entries: number): readonly PipelineInstruction[] {
    const known = this.#bodies.get(entries) ?? Array<PipelineInstruction>(entries).fill(UNKNOWN);
    this.#bodies.set(entries, known);
    return known;
  }

  get isFull(): boolean {
    return this.#buffer.length > this.#buffer.high;
  }

  /** The records so far, without those of the last instruction, which may have more accesses; valid until the next call. */
  take(): TraceChunk {
    const chunk = {words: this.#buffer.words.slice(0, this.#buffer.length), length: this.#buffer.length};
    this.#buffer.clear();
    return chunk;
  }

  finish(): TraceChunk {
    this.#flush();
    return this.take();
  }
}
