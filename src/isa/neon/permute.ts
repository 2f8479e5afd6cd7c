/** What moves lanes about: VEXT, VTBL, VTBX and VDUP (DDI 0406C A7.4), VREV, VSWP, VTRN, VUZP and VZIP (A7.4.5). */
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, type Row, reject, rejectUndefined} from '../core/operation.ts';
import {type Lane, permuteBytes, REGISTERS, SCRATCH, U8, U16, U32} from './lanes.ts';
import {dataProcessing, length, maskOf} from './operands.ts';

const BYTES = 8;

/** `immediate` is the position of d's first byte in m:n. */
export const EXTRACT = permuteBytes((op, byte) => {
  const position = byte + op.immediate;
  return position < BYTES * op.amount ? BYTES * op.n + position : BYTES * (op.m - op.amount) + position;
});

/** VREV of lanes, by the exclusive-or of byte numbers that it is: VREV16, VREV32 and VREV64 of 8 bits, and so on. */
const reverse = (change: number): Execute => permuteBytes((op, byte) => BYTES * op.m + (byte ^ change));
export const REVERSE = {
  VREV16: [reverse(1)],
  VREV32: [reverse(3), reverse(2)],
  VREV64: [reverse(7), reverse(6), reverse(4)],
} as const;

/** Lane `immediate` of m in all lanes of d. */
const duplicate =
  ({view, perRegister}: Lane<number>): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const value = lanes[op.m * perRegister + op.immediate]!;
    const first = op.d * perRegister;
    for (let lane = 0; lane < op.amount * perRegister; lane++) lanes[first + lane] = value;
  };
/** By size. */
export const DUPLICATE = [U8, U16, U32].map(duplicate);

/** `immediate` registers from n on are the table; m has the indices. */
const lookUp =
  (keepsOthers: boolean): Execute =>
  (cpu, op) => {
    const bytes = cpu.vfpBytes;
    const size = BYTES * op.immediate;
    const scratch = BYTES * SCRATCH;
    for (let byte = 0; byte < BYTES; byte++) {
      const index = bytes[BYTES * op.m + byte]!;
      const other = keepsOthers ? bytes[BYTES * op.d + byte]! : 0;
      bytes[scratch + byte] = index < size ? bytes[BYTES * op.n + index]! : other;
    }
    for (let byte = 0; byte < BYTES; byte++) bytes[BYTES * op.d + byte] = bytes[scratch + byte]!;
  };
export const TABLE_LOOK_UP = lookUp(false);
export const TABLE_EXTENSION = lookUp(true);

export const SWAP: Execute = (cpu, op) => {
  const words = cpu.vfpWords;
  for (let word = 0; word < 2 * op.amount; word++) {
    const value = words[2 * op.d + word]!;
    words[2 * op.d + word] = words[2 * op.m + word]!;
    words[2 * op.m + word] = value;
  }
};

/** Two by two matrices of d's and m's lanes. */
const transpose =
  ({view, perRegister}: Lane<number>): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const d = op.d * perRegister;
    const m = op.m * perRegister;
    for (let lane = 0; lane < op.amount * perRegister; lane += 2) {
      const value = lanes[d + lane + 1]!;
      lanes[d + lane + 1] = lanes[m + lane]!;
      lanes[m + lane] = value;
    }
  };

/** d and m as one row of lanes, of which each new one is the old one that `from` names. */
const rearrange =
  ({view, perRegister}: Lane<number>, from: (lane: number, count: number) => number): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const d = op.d * perRegister;
    const m = op.m * perRegister;
    const count = op.amount * perRegister;
    const scratch = SCRATCH * perRegister;
    for (let lane = 0; lane < 2 * count; lane++) {
      const source = from(lane, count);
      lanes[scratch + lane] = source < count ? lanes[d + source]! : lanes[m + source - count]!;
    }
    for (let lane = 0; lane < count; lane++) {
      lanes[d + lane] = lanes[scratch + lane]!;
      lanes[m + lane] = lanes[scratch + count + lane]!;
    }
  };
/** VUZP: the even lanes, then the odd ones. */
const unzipped = (lane: number, count: number): number => (lane < count ? 2 * lane : 2 * (lane - count) + 1);
/** VZIP: lanes of d and m by turns. */
const zipped = (lane: number, count: number): number => (lane >> 1) + (lane & 1) * count;

/** By size. */
export const TRANSPOSE = [U8, U16, U32].map(transpose);
export const UNZIP = [U8, U16, U32].map((lane) => rearrange(lane, unzipped));
export const ZIP = [U8, U16, U32].map((lane) => rearrange(lane, zipped));

/** Both registers are operands and results. */
const exchange =
  (executes: readonly Execute[], mayBeOne: boolean) =>
  (fields: Fields): Operands => {
    const width = length(fields);
    const operands = dataProcessing(fields, executes[fields('size')], {d: width, m: width, accumulates: true});
    reject(!mayBeOne && operands.d === operands.m, 'exchanging lanes within one register has an UNKNOWN result');
    return {...operands, vfpWrites: operands.vfpReads!};
  };

const zipOperands =
  (executes: readonly Execute[]) =>
  (fields: Fields): Operands => {
    rejectUndefined(fields('Q') === 0 && fields('size') === 2);
    return exchange(executes, false)(fields);
  };

const table =
  (execute: Execute, accumulates: boolean) =>
  (fields: Fields): Operands => {
    const registers = fields('len') + 1;
    const operands = dataProcessing(fields, execute, {d: 1, m: 1, n: 1, accumulates, immediate: registers});
    reject(operands.n! + registers > REGISTERS, 'a table beyond d31 is UNPREDICTABLE');
    return {...operands, vfpReads: operands.vfpReads! | maskOf(operands.n!, registers)};
  };

const SCALARS = [
  {bits: 8, drawn: 'index:3 1'},
  {bits: 16, drawn: 'index:2 10'},
  {bits: 32, drawn: 'index:1 100'},
] as const;

const reversal = (name: keyof typeof REVERSE, opcode: string): Row => ({
  name,
  bits: `1111 0011 1 D:1 11 size:2 00 Vd:4 ${opcode} Q:1 M:1 0 Vm:4`,
  operands: (fields) => {
    const executes: readonly Execute[] = REVERSE[name];
    return dataProcessing(fields, executes[fields('size')], {d: length(fields), m: length(fields)});
  },
  execute: REVERSE[name][0],
});

const exchanging = (name: string, opcode: string, executes: readonly Execute[], operands: Row['operands']): Row => ({
  name,
  bits: `1111 0011 1 D:1 11 size:2 10 Vd:4 ${opcode} Q:1 M:1 0 Vm:4`,
  operands,
  execute: executes[0]!,
});

export const NEON_PERMUTE: readonly Row[] = [
  {
    name: 'VEXT',
    bits: '1111 0010 1 D:1 11 Vn:4 Vd:4 imm4:4 N:1 Q:1 M:1 0 Vm:4',
    operands: (fields) => {
      const width = length(fields);
      const immediate = fields('imm4');
      rejectUndefined(immediate >= BYTES * width);
      return dataProcessing(fields, EXTRACT, {d: width, n: width, m: width, immediate});
    },
    execute: EXTRACT,
  },
  {
    name: 'VTBL',
    bits: '1111 0011 1 D:1 11 Vn:4 Vd:4 10 len:2 N:1 0 M:1 0 Vm:4',
    operands: table(TABLE_LOOK_UP, false),
    execute: TABLE_LOOK_UP,
  },
  {
    name: 'VTBX',
    bits: '1111 0011 1 D:1 11 Vn:4 Vd:4 10 len:2 N:1 1 M:1 0 Vm:4',
    operands: table(TABLE_EXTENSION, true),
    execute: TABLE_EXTENSION,
  },
  ...SCALARS.map(({bits, drawn}, size) => ({
    name: `VDUP (scalar of ${bits})`,
    bits: `1111 0011 1 D:1 11 ${drawn} Vd:4 11 000 Q:1 M:1 0 Vm:4`,
    operands: (fields: Fields): Operands =>
      dataProcessing(fields, DUPLICATE[size], {
        d: length(fields),
        m: 1,
        immediate: fields('index'),
      }),
    execute: DUPLICATE[size]!,
  })),
  reversal('VREV64', '0 0000'),
  reversal('VREV32', '0 0001'),
  reversal('VREV16', '0 0010'),
  exchanging('VSWP', '0 0000', [SWAP], exchange([SWAP], true)),
  exchanging('VTRN', '0 0001', TRANSPOSE, exchange(TRANSPOSE, false)),
  exchanging('VUZP', '0 0010', UNZIP, zipOperands(UNZIP)),
  exchanging('VZIP', '0 0011', ZIP, zipOperands(ZIP)),
];
