/**
 * WebAssembly's binary format, as much of it as translated code needs: WebAssembly Core Specification 2.0, chapter 5, and
 * the tail call proposal. Bytes are emitted in order; nothing is built up as a tree.
 */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
const FUNCTION_REFERENCE = 0x70;
const EMPTY_BLOCK = 0x40;

/** Instructions without immediate operands, by their names in the specification. */
export const OP = {
  unreachable: 0x00,
  else: 0x05,
  end: 0x0b,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  'i32.eqz': 0x45,
  'i32.eq': 0x46,
  'i32.ne': 0x47,
  'i32.lt_s': 0x48,
  'i32.lt_u': 0x49,
  'i32.gt_s': 0x4a,
  'i32.gt_u': 0x4b,
  'i32.le_s': 0x4c,
  'i32.le_u': 0x4d,
  'i32.ge_s': 0x4e,
  'i32.ge_u': 0x4f,
  'i64.eqz': 0x50,
  'i64.eq': 0x51,
  'i64.lt_u': 0x54,
  'f32.eq': 0x5b,
  'f32.lt': 0x5d,
  'f32.gt': 0x5e,
  'f64.eq': 0x61,
  'f64.ne': 0x62,
  'f64.lt': 0x63,
  'f64.gt': 0x64,
  'f64.ge': 0x66,
  'i32.clz': 0x67,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.div_s': 0x6d,
  'i32.div_u': 0x6e,
  'i32.and': 0x71,
  'i32.or': 0x72,
  'i32.xor': 0x73,
  'i32.shl': 0x74,
  'i32.shr_s': 0x75,
  'i32.shr_u': 0x76,
  'i32.rotl': 0x77,
  'i32.rotr': 0x78,
  'i64.ctz': 0x7a,
  'i64.add': 0x7c,
  'i64.sub': 0x7d,
  'i64.mul': 0x7e,
  'i64.and': 0x83,
  'i64.or': 0x84,
  'i64.shl': 0x86,
  'i64.shr_s': 0x87,
  'i64.shr_u': 0x88,
  'f32.abs': 0x8b,
  'f32.neg': 0x8c,
  'f32.sqrt': 0x91,
  'f32.add': 0x92,
  'f32.sub': 0x93,
  'f32.mul': 0x94,
  'f32.div': 0x95,
  'f64.abs': 0x99,
  'f64.neg': 0x9a,
  'f64.trunc': 0x9d,
  'f64.sqrt': 0x9f,
  'f64.add': 0xa0,
  'f64.sub': 0xa1,
  'f64.mul': 0xa2,
  'f64.div': 0xa3,
  'i32.wrap_i64': 0xa7,
  'i32.trunc_f64_s': 0xaa,
  'i32.trunc_f64_u': 0xab,
  'i64.extend_i32_s': 0xac,
  'i64.extend_i32_u': 0xad,
  'f32.convert_i32_s': 0xb2,
  'f32.convert_i32_u': 0xb3,
  'f32.demote_f64': 0xb6,
  'f64.convert_i32_s': 0xb7,
  'f64.convert_i32_u': 0xb8,
  'f64.promote_f32': 0xbb,
  'i32.reinterpret_f32': 0xbc,
  'i64.reinterpret_f64': 0xbd,
  'f64.reinterpret_i64': 0xbf,
  'i32.extend8_s': 0xc0,
  'i32.extend16_s': 0xc1,
} as const;
export type Op = keyof typeof OP;

/** Loads and stores, whose offset is their operand; natural alignment is only a hint, none is promised. */
export const MEMORY_OP = {
  'i32.load': 0x28,
  'i64.load': 0x29,
  'f32.load': 0x2a,
  'f64.load': 0x2b,
  'i32.load8_s': 0x2c,
  'i32.load8_u': 0x2d,
  'i32.load16_s': 0x2e,
  'i32.load16_u': 0x2f,
  'i32.store': 0x36,
  'i64.store': 0x37,
  'f32.store': 0x38,
  'f64.store': 0x39,
  'i32.store8': 0x3a,
  'i32.store16': 0x3b,
} as const;
export type MemoryOp = keyof typeof MEMORY_OP;

const VECTOR_PREFIX = 0xfd;
const VECTOR_CONSTANT = 12;
const SHUFFLE = 13;
const EXTRACT_WORD = 27;

/** Vector instructions without immediate operands, behind the prefix. */
export const VECTOR_OP = {
  'i8x16.swizzle': 14,
  'i8x16.splat': 15,
  'i16x8.splat': 16,
  'i32x4.splat': 17,
  'i64x2.splat': 18,
  'i8x16.eq': 35,
  'i8x16.lt_s': 37,
  'i8x16.lt_u': 38,
  'i8x16.gt_s': 39,
  'i8x16.gt_u': 40,
  'i8x16.le_s': 41,
  'i8x16.le_u': 42,
  'i8x16.ge_s': 43,
  'i8x16.ge_u': 44,
  'i16x8.eq': 45,
  'i16x8.lt_s': 47,
  'i16x8.lt_u': 48,
  'i16x8.gt_s': 49,
  'i16x8.gt_u': 50,
  'i16x8.le_s': 51,
  'i16x8.le_u': 52,
  'i16x8.ge_s': 53,
  'i16x8.ge_u': 54,
  'i32x4.eq': 55,
  'i32x4.lt_s': 57,
  'i32x4.lt_u': 58,
  'i32x4.gt_s': 59,
  'i32x4.gt_u': 60,
  'i32x4.le_s': 61,
  'i32x4.le_u': 62,
  'i32x4.ge_s': 63,
  'i32x4.ge_u': 64,
  'f32x4.eq': 65,
  'f32x4.lt': 67,
  'f32x4.gt': 68,
  'f32x4.le': 69,
  'f32x4.ge': 70,
  'v128.not': 77,
  'v128.and': 78,
  'v128.andnot': 79,
  'v128.or': 80,
  'v128.xor': 81,
  'v128.bitselect': 82,
  'v128.any_true': 83,
  'i8x16.abs': 96,
  'i8x16.neg': 97,
  'i8x16.popcnt': 98,
  'i8x16.bitmask': 100,
  'i8x16.narrow_i16x8_s': 101,
  'i8x16.narrow_i16x8_u': 102,
  'i8x16.shl': 107,
  'i8x16.shr_s': 108,
  'i8x16.shr_u': 109,
  'i8x16.add': 110,
  'i8x16.add_sat_s': 111,
  'i8x16.add_sat_u': 112,
  'i8x16.sub': 113,
  'i8x16.sub_sat_s': 114,
  'i8x16.sub_sat_u': 115,
  'i8x16.min_s': 118,
  'i8x16.min_u': 119,
  'i8x16.max_s': 120,
  'i8x16.max_u': 121,
  'i8x16.avgr_u': 123,
  'i16x8.extadd_pairwise_i8x16_s': 124,
  'i16x8.extadd_pairwise_i8x16_u': 125,
  'i32x4.extadd_pairwise_i16x8_s': 126,
  'i32x4.extadd_pairwise_i16x8_u': 127,
  'i16x8.abs': 128,
  'i16x8.neg': 129,
  'i16x8.extend_low_i8x16_s': 135,
  'i16x8.extend_low_i8x16_u': 137,
  'i16x8.shl': 139,
  'i16x8.shr_s': 140,
  'i16x8.shr_u': 141,
  'i16x8.add': 142,
  'i16x8.add_sat_s': 143,
  'i16x8.add_sat_u': 144,
  'i16x8.sub': 145,
  'i16x8.sub_sat_s': 146,
  'i16x8.sub_sat_u': 147,
  'i16x8.mul': 149,
  'i16x8.min_s': 150,
  'i16x8.min_u': 151,
  'i16x8.max_s': 152,
  'i16x8.max_u': 153,
  'i16x8.avgr_u': 155,
  'i16x8.extmul_low_i8x16_s': 156,
  'i16x8.extmul_low_i8x16_u': 158,
  'i32x4.abs': 160,
  'i32x4.neg': 161,
  'i32x4.extend_low_i16x8_s': 167,
  'i32x4.extend_low_i16x8_u': 169,
  'i32x4.shl': 171,
  'i32x4.shr_s': 172,
  'i32x4.shr_u': 173,
  'i32x4.add': 174,
  'i32x4.sub': 177,
  'i32x4.mul': 181,
  'i32x4.min_s': 182,
  'i32x4.min_u': 183,
  'i32x4.max_s': 184,
  'i32x4.max_u': 185,
  'i32x4.extmul_low_i16x8_s': 188,
  'i32x4.extmul_low_i16x8_u': 190,
  'i64x2.abs': 192,
  'i64x2.neg': 193,
  'i64x2.extend_low_i32x4_s': 199,
  'i64x2.extend_low_i32x4_u': 201,
  'i64x2.shl': 203,
  'i64x2.shr_s': 204,
  'i64x2.shr_u': 205,
  'i64x2.add': 206,
  'i64x2.sub': 209,
  'i64x2.mul': 213,
  'i64x2.eq': 214,
  'i64x2.lt_s': 216,
  'i64x2.gt_s': 217,
  'i64x2.extmul_low_i32x4_s': 220,
  'i64x2.extmul_low_i32x4_u': 222,
  'f32x4.abs': 224,
  'f32x4.neg': 225,
  'f32x4.add': 228,
  'f32x4.sub': 229,
  'f32x4.mul': 230,
  'f32x4.min': 232,
  'f32x4.max': 233,
  'i32x4.trunc_sat_f32x4_s': 248,
  'i32x4.trunc_sat_f32x4_u': 249,
  'f32x4.convert_i32x4_s': 250,
  'f32x4.convert_i32x4_u': 251,
} as const;
export type VectorOp = keyof typeof VECTOR_OP;

/** Vector loads and stores; those of a lane take lane 0. */
export const VECTOR_MEMORY_OP = {
  'v128.load': 0,
  'v128.load8_splat': 7,
  'v128.load16_splat': 8,
  'v128.load32_splat': 9,
  'v128.store': 11,
  'v128.store64_lane': 91,
  'v128.load64_zero': 93,
} as const;
export type VectorMemoryOp = keyof typeof VECTOR_MEMORY_OP;

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

export interface Locals {
  readonly type: number;
  readonly count: number;
}

export interface ModuleParts {
  /** Of every function: parameters and results of i32. */
  readonly locals: readonly Locals[];
  readonly code: Code;
  /** Size in pages of 64 KiB of the imported memory. */
  readonly memoryPages: number;
  readonly tableLength: number;
}

/** Function indices and types in every module: the callout is imported, the region's function is exported. */
export const CALLOUT_FUNCTION = 0;
export const REGION_TYPE = 0;
const CALLOUT_TYPE = 1;
const REGION_FUNCTION = 1;

const section = (module: Bytes, id: number, fill: (content: Bytes) => void): void => {
  const content = new Bytes();
  fill(content);
  module.byte(id).unsigned(content.length).append(content);
};

/**
 * A module of one function of type (i32) → i32, exported as `run`, over the memory `host.memory` and the table
 * `host.table`; it may call `host.callout`, of type (i32) → ().
 */
export const assembleModule = ({locals, code, memoryPages, tableLength}: ModuleParts): Uint8Array => {
  const module = new Bytes();
  for (const byte of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) module.byte(byte);
  section(module, 1, (types) => {
    types.unsigned(2);
    types.byte(0x60).unsigned(1).byte(I32).unsigned(1).byte(I32);
    types.byte(0x60).unsigned(1).byte(I32).unsigned(0);
  });
  section(module, 2, (imports) => {
    imports.unsigned(3);
    imports.text('host').text('callout').byte(0).unsigned(CALLOUT_TYPE);
    imports.text('host').text('memory').byte(2).byte(1).unsigned(memoryPages).unsigned(memoryPages);
    imports.text('host').text('table').byte(1).byte(FUNCTION_REFERENCE).byte(0).unsigned(tableLength);
  });
  section(module, 3, (functions) => functions.unsigned(1).unsigned(REGION_TYPE));
  section(module, 7, (exports) => exports.unsigned(1).text('run').byte(0).unsigned(REGION_FUNCTION));
  section(module, 10, (bodies) => {
    const body = new Bytes();
    body.unsigned(locals.length);
    for (const {type, count} of locals) body.unsigned(count).byte(type);
    body.append(code).byte(OP.end);
    bodies.unsigned(1).unsigned(body.length).append(body);
  });
  return module.view();
};
