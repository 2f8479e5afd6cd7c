/** A register of the system control or debug coprocessor, as an instruction has it. */
import {CONTROL, type ControlName} from '../control.ts';
import type {SystemCpu} from '../system-cpu.ts';

/** Raised for a value that asks for what is not modelled; the instruction adds the place. */
export class Unmodelled extends Error {}

export interface SystemRegister {
  readonly name: string;
  /** Missing where a read is UNDEFINED, or a write. */
  readonly read?: (cpu: SystemCpu) => number;
  readonly write?: (cpu: SystemCpu, value: number) => void;
  /** Whether PL0 may access it; it may not when this is missing. */
  readonly user?: (cpu: SystemCpu, isWrite: boolean) => boolean;
  /** `storage`: a write changes nothing else. `timed`: what is read depends on the instructions executed. */
  readonly kind?: 'storage' | 'timed';
}

export interface WideRegister {
  readonly name: string;
  readonly read?: (cpu: SystemCpu) => bigint;
  readonly write?: (cpu: SystemCpu, value: bigint) => void;
  readonly user?: (cpu: SystemCpu, isWrite: boolean) => boolean;
  readonly kind?: 'storage' | 'timed';
}

/** By the numbers that the manual lists them by: opc1, CRn, CRm, opc2. */
export type RegisterRow = readonly [opc1: number, crn: number, crm: number, opc2: number, register: SystemRegister];
/** opc1 and CRm. */
export type WideRow = readonly [opc1: number, crm: number, register: WideRegister];

export const always = (): boolean => true;

export const constant = (name: string, value: number): SystemRegister => ({name, read: () => value | 0});

/** Reads as 0, ignores writes. */
export const nothing = (name: string): SystemRegister => ({name, read: () => 0, write: () => {}});

/** Maintenance of what this emulator does not have (caches, branch predictors), or needs no telling to keep right. */
export const ignored = (name: string): SystemRegister => ({name, write: () => {}});

/** Keeps what is written of `mask`; `after` is told. */
export const stored = (
  name: string,
  control: ControlName,
  mask = -1,
  after?: (cpu: SystemCpu) => void,
): SystemRegister => ({
  name,
  read: (cpu) => cpu.control[CONTROL[control]]!,
  write: (cpu, value) => {
    cpu.control[CONTROL[control]] = value & mask;
    after?.(cpu);
  },
});

export const words = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
export const lowWord = (value: bigint): number => Number(BigInt.asIntN(32, value));
export const highWord = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));
