/** VMRS and VMSR: DDI 0406C A8.8.348, A8.8.349 and B9.3.21. */
import {FLAGS_BIT, FPSCR_BIT} from '../../trace/blocks.ts';
import {SHORT_VECTOR} from '../core/cpu.ts';
import {UnmodelledInstruction} from '../core/errors.ts';
import {type Execute, PC, type Row, registers, reject} from '../core/operation.ts';

export const flagsToApsr: Execute = (cpu) => {
  cpu.setNzcv(cpu.fpscrFlags);
};
export const readFpscr: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.fpscr;
};
/** Short vectors, which a Cortex-A7 has not, end here and not at the arithmetic that would be UNDEFINED with them. */
export const writeFpscr: Execute = (cpu, op) => {
  const value = cpu.r[op.d]!;
  if ((value & SHORT_VECTOR) !== 0) {
    throw new UnmodelledInstruction(
      op.address,
      op.word,
      'VMSR sets FPSCR.Stride or Len (short vectors), which is not modelled',
    );
  }
  cpu.writeFpscr(value);
};

/** The other system registers have no row: FPSID, MVFR0, MVFR1 and FPEXC are UNDEFINED in user mode. */
const FPSCR = '0001';

export const VFP_SYSTEM_REGISTER: readonly Row[] = [
  {
    name: 'VMRS APSR_nzcv',
    bits: `cond:4 1110 1111 ${FPSCR} 1111 1010 (000) 1 (0000)`,
    specialises: ['VMRS'],
    operands: () => ({class: 'vfp-flags', reads: FPSCR_BIT, writes: FLAGS_BIT}),
    execute: flagsToApsr,
  },
  {
    name: 'VMRS',
    bits: `cond:4 1110 1111 ${FPSCR} Rt:4 1010 (000) 1 (0000)`,
    operands: (fields) => ({class: 'vfp-to-core', d: fields('Rt'), reads: FPSCR_BIT, writes: registers(fields('Rt'))}),
    execute: readFpscr,
  },
  {
    name: 'VMSR',
    bits: `cond:4 1110 1110 ${FPSCR} Rt:4 1010 (000) 1 (0000)`,
    operands: (fields) => {
      const d = fields('Rt');
      reject(d === PC, 'pc as an operand is UNPREDICTABLE');
      return {class: 'core-to-vfp', d, reads: registers(d), writes: FPSCR_BIT};
    },
    execute: writeFpscr,
  },
];
