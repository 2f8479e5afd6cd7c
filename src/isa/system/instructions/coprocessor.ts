/** MCR, MRC, MCRR and MRRC of CP14 and CP15 (DDI 0406C B3.15, C6.4), VMRS and VMSR of the registers that PL1 has. */

import {type BlockEnd, FLAGS_BIT} from '../../../trace/blocks.ts';
import type {Fields} from '../../core/bits.ts';
import {UnmodelledInstruction} from '../../core/errors.ts';
import {type Execute, type Operands, type Operation, PC, type Row, registers, reject} from '../../core/operation.ts';
import {CONTROL} from '../control.ts';
import type {RegisterAccess} from '../observer.ts';
import {highWord, lowWord, type SystemRegister, Unmodelled, type WideRegister, words} from '../registers/register.ts';
import {findRegister, findWideRegister} from '../registers/table.ts';
import type {SystemCpu} from '../system-cpu.ts';
import {system, undefinedHere} from './execute.ts';

/** What is UNDEFINED, and whom the access interests, before it is made. */
const begin = (
  cpu: SystemCpu,
  op: Operation,
  register: SystemRegister | WideRegister,
  access: RegisterAccess,
): void => {
  const {isWrite} = access;
  if (!cpu.isPrivileged && register.user?.(cpu, isWrite) !== true) undefinedHere(op);
  if ((isWrite ? register.write : register.read) === undefined) undefinedHere(op);
  cpu.machine.observer.registerAccess?.(cpu.index, access);
};

/** Adds the place to what a register refuses. */
const placed = (op: Operation, access: () => void): void => {
  try {
    access();
  } catch (error) {
    if (!(error instanceof Unmodelled)) throw error;
    throw new UnmodelledInstruction(op.address, op.word, `${op.name}: ${error.message}`);
  }
};

/** An access to numbers that no register has; at PL0 it is UNDEFINED in any case. */
const unknown = (what: string): Execute =>
  system((cpu, op) => {
    if (!cpu.isPrivileged) undefinedHere(op);
    throw new UnmodelledInstruction(op.address, op.word, `${op.name}: ${what} is not modelled`);
  });

const executeOf = (register: SystemRegister, access: RegisterAccess, t: number): Execute =>
  system((cpu, op) => {
    begin(cpu, op, register, access);
    if (access.isWrite) {
      placed(op, () => register.write!(cpu, cpu.r[t]!));
      cpu.attention = true;
      return;
    }
    placed(op, () => {
      const value = register.read!(cpu);
      if (t === PC) cpu.setNzcv(value);
      else cpu.r[t] = value;
    });
  });

/** The block ends where a write may change what follows, and where a read must not be later than it. */
const endOf = (register: SystemRegister | WideRegister | undefined, isWrite: boolean): BlockEnd | undefined =>
  register?.kind === 'timed' || (isWrite && register?.kind !== 'storage') ? 'fall-through' : undefined;

const transfer =
  (coprocessor: 14 | 15) =>
  (fields: Fields): Operands => {
    const [opc1, crn, crm, opc2] = (['opc1', 'CRn', 'CRm', 'opc2'] as const).map(fields) as [
      number,
      number,
      number,
      number,
    ];
    const t = fields('Rt');
    const isWrite = fields('L') === 0;
    reject(isWrite && t === PC, 'pc as an operand is UNPREDICTABLE');
    const register = findRegister(coprocessor, opc1, crn, crm, opc2);
    const name = register?.name ?? `p${coprocessor}, ${opc1}, c${crn}, c${crm}, ${opc2}`;
    const access = {coprocessor, name, opc1, crn, crm, opc2, isWrite};
    return {
      class: 'system',
      end: endOf(register, isWrite),
      execute: register === undefined ? unknown(name) : executeOf(register, access, t),
      ...(isWrite ? {reads: registers(t)} : {writes: t === PC ? FLAGS_BIT : registers(t)}),
    };
  };

const wideExecuteOf = (register: WideRegister, access: RegisterAccess, t: number, t2: number): Execute =>
  system((cpu, op) => {
    begin(cpu, op, register, access);
    if (access.isWrite) {
      placed(op, () => register.write!(cpu, words(cpu.r[t]!, cpu.r[t2]!)));
      cpu.attention = true;
      return;
    }
    const value = register.read!(cpu);
    cpu.r[t] = lowWord(value);
    cpu.r[t2] = highWord(value);
  });

const wideTransfer = (fields: Fields): Operands => {
  const [opc1, crm, t, t2] = (['opc1', 'CRm', 'Rt', 'Rt2'] as const).map(fields) as [number, number, number, number];
  const isWrite = fields('L') === 0;
  reject(t === PC || t2 === PC, 'pc as an operand is UNPREDICTABLE');
  reject(!isWrite && t === t2, 'two words to one register are UNPREDICTABLE');
  const register = findWideRegister(opc1, crm);
  const name = register?.name ?? `p15, ${opc1}, c${crm} (64-bit)`;
  const access = {coprocessor: 15, name, opc1, crn: undefined, crm, opc2: undefined, isWrite} as const;
  return {
    class: 'system',
    end: endOf(register, isWrite),
    execute: register === undefined ? unknown(name) : wideExecuteOf(register, access, t, t2),
    ...(isWrite ? {reads: registers(t, t2)} : {writes: registers(t, t2)}),
  };
};

const never: Execute = () => {};

const MCR_BITS = 'opc1:3 L:1 CRn:4 Rt:4';
export const COPROCESSOR_REGISTERS: readonly Row[] = [
  {
    name: 'MCR, MRC CP15',
    bits: `cond:4 1110 ${MCR_BITS} 1111 opc2:3 1 CRm:4`,
    operands: transfer(15),
    execute: never,
  },
  {
    name: 'MCR, MRC CP14',
    bits: `cond:4 1110 ${MCR_BITS} 1110 opc2:3 1 CRm:4`,
    operands: transfer(14),
    execute: never,
  },
  {
    name: 'MCRR, MRRC CP15',
    bits: 'cond:4 1100 010 L:1 Rt2:4 Rt:4 1111 opc1:4 CRm:4',
    operands: wideTransfer,
    execute: never,
  },
];

/** PL0 has no access, PL1 one whether or not FPEXC enables the rest, if CPACR allows any. */
const checkVfp = (cpu: SystemCpu, op: Operation): void => {
  if (!cpu.isPrivileged || (cpu.control[CONTROL.cpacr]! & (1 << 20)) === 0) undefinedHere(op);
};

const FPEXC_WRITABLE = 0x4000_0000;
/** DDI 0463F 2.1: Cortex-A7 with NEON and VFPv4. */
const VFP_REGISTERS: readonly (readonly [name: string, number: string, value: number | undefined])[] = [
  ['FPSID', '0000', 0x4102_3075],
  ['MVFR1', '0110', 0x1111_1111],
  ['MVFR0', '0111', 0x1011_0222],
  ['FPEXC', '1000', undefined],
];

export const VFP_PRIVILEGED: readonly Row[] = VFP_REGISTERS.flatMap(([name, number, value]): readonly Row[] => [
  {
    name: `VMRS ${name}`,
    bits: `cond:4 1110 1111 ${number} Rt:4 1010 (000) 1 (0000)`,
    operands: (fields) => {
      reject(fields('Rt') === PC, 'pc as an operand is UNPREDICTABLE');
      return {class: 'vfp-to-core', d: fields('Rt'), writes: registers(fields('Rt'))};
    },
    execute: system((cpu, op) => {
      checkVfp(cpu, op);
      cpu.r[op.d] = value ?? cpu.control[CONTROL.fpexc]!;
    }),
  },
  {
    name: `VMSR ${name}`,
    bits: `cond:4 1110 1110 ${number} Rt:4 1010 (000) 1 (0000)`,
    operands: (fields) => {
      reject(fields('Rt') === PC, 'pc as an operand is UNPREDICTABLE');
      return {class: 'core-to-vfp', d: fields('Rt'), reads: registers(fields('Rt')), end: 'fall-through'};
    },
    execute: system((cpu, op) => {
      checkVfp(cpu, op);
      if (name !== 'FPEXC') return;
      cpu.control[CONTROL.fpexc] = cpu.r[op.d]! & FPEXC_WRITABLE;
      cpu.vfpChanged();
    }),
  },
]);
