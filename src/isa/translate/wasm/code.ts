/**
 * The code of one function in WebAssembly's binary format: WebAssembly Core Specification 2.0, chapter 5, and the tail call
 * proposal. Bytes are emitted in order; nothing is built up as a tree.
 */
import {
  MEMORY_OP,
  type MemoryOp,
  OP,
  type Op,
  VECTOR_MEMORY_OP,
  VECTOR_OP,
  type VectorMemoryOp,
  type VectorOp,
} from './opcodes.ts';

const EMPTY_BLOCK = 0x40;

const VECTOR_PREFIX = 0xfd;
const VECTOR_CONSTANT = 12;
const SHUFFLE = 13;
const EXTRACT_WORD = 27;

/** A growing run of bytes with the encodings of numbers. */
export class Bytes {
  #bytes = new Uint8Array(1 << 12);
  length = 0;

  byte(value: number): this {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
    return this;
  }

  /** LEB128, unsigned; also of what a signed word means unsigned. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest);
  }

  /** LEB128 of a signed word. */
  signed(value: number): this {
    let rest = value | 0;
    for (; rest > 63 || rest < -64; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest & 0x7f);
  }

  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    this.unsigned(encoded.length);
    for (const byte of encoded) this.byte(byte);
    return this;
  }

  append(other: Bytes): this {
    const bytes = other.view();
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(2 * (this.#bytes.length + by));
    larger.set(this.view());
    this.#bytes = larger;
  }
}

/** The body of one function. Labels are counted from outside, so that a branch names its block whatever lies between. */
export class Code extends Bytes {
  /** Blocks open at this place. */
  depth = 0;
  /** The local that holds where the state's offsets begin; undefined when that is the memory's start. */
  readonly #stateBase: number | undefined;

  constructor(stateBase?: number) {
    super();
    this.#stateBase = stateBase;
  }

  /** Pushes the address that offsets of the core's state are relative to. */
  state(): this {
    return this.#stateBase === undefined ? this.constant(0) : this.get(this.#stateBase);
  }

  op(name: Op): this {
    return this.byte(OP[name]);
  }
  constant(value: number): this {
    return this.byte(0x41).signed(value);
  }
  constant64(low: number, high: number): this {
    this.byte(0x42);
    let rest = (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
    for (; rest > 63n || rest < -64n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    return this.byte(Number(rest & 0x7fn));
  }
  double(value: number): this {
    this.byte(0x44);
    for (const byte of new Uint8Array(Float64Array.of(value).buffer)) this.byte(byte);
    return this;
  }
  single(value: number): this {
    this.byte(0x43);
    for (const byte of new Uint8Array(Float32Array.of(value).buffer)) this.byte(byte);
    return this;
  }
  get(local: number): this {
    return this.byte(0x20).unsigned(local);
  }
  set(local: number): this {
    return this.byte(0x21).unsigned(local);
  }
  tee(local: number): this {
    return this.byte(0x22).unsigned(local);
  }
  memory(name: MemoryOp, offset: number): this {
    return this.byte(MEMORY_OP[name]).byte(0).unsigned(offset);
  }

  /** Opens a block. @returns its label. */
  block(): number {
    this.byte(0x02).byte(EMPTY_BLOCK);
    return this.depth++;
  }
  loop(): number {
    this.byte(0x03).byte(EMPTY_BLOCK);
    return this.depth++;
  }
  if(type = EMPTY_BLOCK): number {
    this.byte(0x04).byte(type);
    return this.depth++;
  }
  end(): this {
    this.depth--;
    return this.op('end');
  }
  branch(label: number): this {
    return this.byte(0x0c).unsigned(this.depth - 1 - label);
  }
  branchIf(label: number): this {
    return this.byte(0x0d).unsigned(this.depth - 1 - label);
  }
  /** The last label is the default. */
  branchTable(labels: readonly number[]): this {
    this.byte(0x0e).unsigned(labels.length - 1);
    for (const label of labels) this.unsigned(this.depth - 1 - label);
    return this;
  }
  call(index: number): this {
    return this.byte(0x10).unsigned(index);
  }
  returnCallIndirect(type: number): this {
    return this.byte(0x13).unsigned(type).byte(0);
  }

  vector(name: VectorOp): this {
    return this.byte(VECTOR_PREFIX).unsigned(VECTOR_OP[name]);
  }
  vectorMemory(name: VectorMemoryOp, offset: number): this {
    this.byte(VECTOR_PREFIX).unsigned(VECTOR_MEMORY_OP[name]).byte(0).unsigned(offset);
    return name === 'v128.store64_lane' ? this.byte(0) : this;
  }
  vectorConstant(bytes: readonly number[]): this {
    this.byte(VECTOR_PREFIX).unsigned(VECTOR_CONSTANT);
    for (const byte of bytes) this.byte(byte & 0xff);
    return this;
  }
  /** Pops two vectors; bytes of the second are counted from 16. */
  shuffle(bytes: readonly number[]): this {
    this.byte(VECTOR_PREFIX).unsigned(SHUFFLE);
    for (const byte of bytes) this.byte(byte);
    return this;
  }
  /** Pushes the lowest word. */
  extractWord(): this {
    return this.byte(VECTOR_PREFIX).unsigned(EXTRACT_WORD).byte(0);
  }
}
