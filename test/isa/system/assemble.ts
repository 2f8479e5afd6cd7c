/** A32 words of the rows of system mode. */
import {SYSTEM_CONDITIONAL, SYSTEM_UNCONDITIONAL} from '../../../src/isa/system/decode.ts';
import {loadConstant, rowsOf, wordOf} from '../assemble.ts';

const ROWS = rowsOf(SYSTEM_CONDITIONAL, SYSTEM_UNCONDITIONAL);

/** Fields that are left out are 0, the condition AL. */
export const word = (name: string, values: Readonly<Record<string, number>> = {}): number => wordOf(ROWS, name, values);

/** MCR of a constant by way of r12. */
export const writeRegister = (
  [opc1, CRn, CRm, opc2]: readonly [number, number, number, number],
  value: number,
): readonly number[] => [...loadConstant(12, value), word('MCR, MRC CP15', {opc1, L: 0, CRn, Rt: 12, opc2, CRm})];
/** MRC to a register. */
export const readRegister = (Rt: number, [opc1, CRn, CRm, opc2]: readonly [number, number, number, number]): number =>
  word('MCR, MRC CP15', {opc1, L: 1, CRn, Rt, opc2, CRm});

export const SCTLR = [0, 1, 0, 0] as const;
export const VBAR = [0, 12, 0, 0] as const;

export const WFI = word('hint', {hint: 3});
export const WFE = word('hint', {hint: 2});
export const SEV = word('hint', {hint: 4});
export const HVC = word('HVC', {});
/** A branch to itself. */
export const FOREVER = word('B', {imm24: 0xff_fffe});
