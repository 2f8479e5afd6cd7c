/**
 * VFP arithmetic in full: every mode of FPSCR, special operands and results, and the cumulative exception bits. Out of
 * line: operations.ts comes here for what plain host arithmetic does not show.
 */
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {type FloatContext, INVALID_OPERATION} from '../float/context.ts';
import {add64, compare64, fusedMultiplyAdd64, multiply64, squareRoot64} from '../float/double.ts';
import {DEFAULT_NAN_64, flushInput64, isSignalling64, processNans64} from '../float/nan.ts';
import {add32, compare32, fusedMultiplyAdd32, multiply32, squareRoot32, UNORDERED} from '../float/single.ts';
import {setDouble} from './registers.ts';

const SIGN_32 = 0x8000_0000 | 0;
const SIGN_64 = 1n << 63n;

type Binary = (context: FloatContext, n: number, m: number) => number;

/** d = n ∘ m of singles. */
export const binary32 =
  (operate: Binary): Execute =>
  (cpu, op) => {
    const context = cpu.floatContext();
    cpu.vfpWords[op.d] = operate(context, cpu.vfpWords[op.n]!, cpu.vfpWords[op.m]!);
    cpu.raise(context.flags);
  };

/** d = n ∘ m of doubles. */
export const binary64 =
  (operate: Binary): Execute =>
  (cpu, op) => {
    const context = cpu.floatContext();
    const n = cpu.doubles[op.n]!;
    const m = cpu.doubles[op.m]!;
    if (Number.isNaN(n) || Number.isNaN(m)) {
      cpu.vfpDoubleWords[op.d] = processNans64(context, cpu.vfpDoubleWords[op.n]!, cpu.vfpDoubleWords[op.m]!);
    } else setDouble(cpu, op.d, operate(context, n, m));
    cpu.raise(context.flags);
  };

export const softSquareRoot32: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  cpu.vfpWords[op.d] = squareRoot32(context, cpu.vfpWords[op.m]!);
  cpu.raise(context.flags);
};

export const softSquareRoot64: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  const value = cpu.doubles[op.m]!;
  if (Number.isNaN(value)) cpu.vfpDoubleWords[op.d] = processNans64(context, cpu.vfpDoubleWords[op.m]!);
  else setDouble(cpu, op.d, squareRoot64(context, value));
  cpu.raise(context.flags);
};

/** FPAdd(±d, ±FPMul(n, m)); FPNeg() changes a NaN's sign too. */
export const softAccumulate32 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateProduct: boolean): void => {
  const context = cpu.floatContext();
  const words = cpu.vfpWords;
  const product = multiply32(context, words[op.n]!, words[op.m]!) ^ (negateProduct ? SIGN_32 : 0);
  words[op.d] = add32(context, words[op.d]! ^ (negateAddend ? SIGN_32 : 0), product);
  cpu.raise(context.flags);
};

/** As {@link softAccumulate32}. */
export const softAccumulate64 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateProduct: boolean): void => {
  const context = cpu.floatContext();
  const addend = cpu.doubles[op.d]!;
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const product = Number.isNaN(n) || Number.isNaN(m) ? Number.NaN : multiply64(context, n, m);
  if (Number.isNaN(product) || Number.isNaN(addend)) {
    accumulateNan64(cpu, op, context, negateAddend ? SIGN_64 : 0n, negateProduct ? SIGN_64 : 0n, product);
  } else {
    setDouble(cpu, op.d, add64(context, negateAddend ? -addend : addend, negateProduct ? -product : product));
  }
  cpu.raise(context.flags);
};

const scratch = new Float64Array(1);
const scratchBits = new BigUint64Array(scratch.buffer);

/** The bits of a result, where NaN stands for the default one. */
const bitsOf64 = (value: number): bigint => {
  scratch[0] = value;
  return Number.isNaN(value) ? DEFAULT_NAN_64 : scratchBits[0]!;
};

const accumulateNan64 = (
  cpu: Cpu,
  op: Operation,
  context: FloatContext,
  addendSign: bigint,
  productSign: bigint,
  product: number,
): void => {
  const bits = cpu.vfpDoubleWords;
  const isNanOperand = Number.isNaN(cpu.doubles[op.n]!) || Number.isNaN(cpu.doubles[op.m]!);
  const productBits = isNanOperand ? processNans64(context, bits[op.n]!, bits[op.m]!) : bitsOf64(product);
  bits[op.d] = processNans64(context, bits[op.d]! ^ addendSign, productBits ^ productSign);
};

/** FPMulAdd(±d, ±n, m). */
export const softFused32 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateFactor: boolean): void => {
  const context = cpu.floatContext();
  const words = cpu.vfpWords;
  const addend = words[op.d]! ^ (negateAddend ? SIGN_32 : 0);
  const factor = words[op.n]! ^ (negateFactor ? SIGN_32 : 0);
  words[op.d] = fusedMultiplyAdd32(context, addend, factor, words[op.m]!);
  cpu.raise(context.flags);
};

/** As {@link softFused32}. */
export const softFused64 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateFactor: boolean): void => {
  const context = cpu.floatContext();
  const addend = cpu.doubles[op.d]!;
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  if (Number.isNaN(addend) || Number.isNaN(n) || Number.isNaN(m)) {
    fusedNan64(cpu, op, context, negateAddend ? SIGN_64 : 0n, negateFactor ? SIGN_64 : 0n);
  } else {
    setDouble(cpu, op.d, fusedMultiplyAdd64(context, negateAddend ? -addend : addend, negateFactor ? -n : n, m));
  }
  cpu.raise(context.flags);
};

/** A quiet NaN does not hide that the product of the other two, infinity × 0, is invalid. */
const fusedNan64 = (cpu: Cpu, op: Operation, context: FloatContext, addendSign: bigint, factorSign: bigint): void => {
  const {doubles, vfpDoubleWords: bits} = cpu;
  const n = doubles[op.n]!;
  const m = doubles[op.m]!;
  const addend = bits[op.d]! ^ addendSign;
  const result = processNans64(context, addend, bits[op.n]! ^ factorSign, bits[op.m]!);
  const isNanFactor = Number.isNaN(n) || Number.isNaN(m);
  const isInvalid = !isNanFactor && Number.isNaN(flushInput64(context, n) * flushInput64(context, m));
  if (isInvalid) context.flags |= INVALID_OPERATION;
  bits[op.d] = isInvalid && !isSignalling64(addend) ? DEFAULT_NAN_64 : result;
};

/** FPCompare(), to FPSCR.NZCV. */
export const softCompare32 = (cpu: Cpu, n: number, m: number, quietIsInvalid: boolean): void => {
  const context = cpu.floatContext();
  cpu.fpscrFlags = compare32(context, n, m, quietIsInvalid);
  cpu.raise(context.flags);
};

/** As {@link softCompare32}, of register d and register m or zero. */
export const softCompare64 = (cpu: Cpu, op: Operation, withZero: boolean, quietIsInvalid: boolean): void => {
  const context = cpu.floatContext();
  const n = cpu.doubles[op.d]!;
  const m = withZero ? 0 : cpu.doubles[op.m]!;
  cpu.fpscrFlags = compare64(context, n, m);
  if (Number.isNaN(n) || Number.isNaN(m)) {
    const bits = cpu.vfpDoubleWords;
    const signalling = isSignalling64(bits[op.d]!) || (!withZero && isSignalling64(bits[op.m]!));
    if (quietIsInvalid || signalling) context.flags |= INVALID_OPERATION;
    cpu.fpscrFlags = UNORDERED;
  }
  cpu.raise(context.flags);
};
