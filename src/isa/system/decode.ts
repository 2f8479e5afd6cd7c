/**
 * The decode tables of system mode: user mode's rows, those of them changed that PL1 gives another meaning, and what only
 * PL1 has. An instruction that means the same keeps the one definition that it has.
 */
import {A32_CONDITIONAL_ROWS, A32_UNCONDITIONAL_ROWS} from '../a32/a32.ts';
import {OPERATIONS} from '../a32/data-processing.ts';
import {type Fields, withFields} from '../core/bits.ts';
import {createDecoder, DecodeTable} from '../core/decode.ts';
import {type Execute, type Operands, PC, type Row} from '../core/operation.ts';
import type {Decoders} from '../engine/fetch.ts';
import {createT32Decoder, T32_LITERAL, T32_NARROW_ROWS, T32_WIDE_ROWS} from '../t32/t32.ts';
import {CONTROL, SCTLR} from './control.ts';
import {BREAKPOINT, HINT, HYPERVISOR_CALL, SECURE_MONITOR_CALL, SUPERVISOR_CALL} from './instructions/calls.ts';
import {COPROCESSOR_REGISTERS, VFP_PRIVILEGED} from './instructions/coprocessor.ts';
import {system, undefinedHere} from './instructions/execute.ts';
import {BANKED_MULTIPLE, RETURN_FROM_MEMORY, STORE_RETURN_STATE} from './instructions/stack.ts';
import {
  BANKED,
  CHANGE_STATE,
  changeStateOperands,
  exceptionReturn,
  READ_CPSR,
  READ_SPSR,
  RETURN_TO_LINK,
  returnToLink,
  WRITE_CPSR_IMMEDIATE,
  WRITE_CPSR_REGISTER,
  WRITE_SPSR_IMMEDIATE,
  WRITE_SPSR_REGISTER,
} from './instructions/status.ts';

/** What of a row is other in system mode. */
type Change = Partial<Row> | ((row: Row) => Partial<Row>);
type Changes = Readonly<Record<string, Change>>;

/** @throws RangeError if a change names no row. */
const change = (rows: readonly Row[], changes: Changes): readonly Row[] => {
  const names = new Set(rows.map(({name}) => name));
  const unknown = Object.keys(changes).find((name) => !names.has(name));
  if (unknown !== undefined) throw new RangeError(`no row ${unknown}`);
  return rows.map((row) => {
    const changed = changes[row.name];
    return {...row, ...(typeof changed === 'function' ? changed(row) : changed)};
  });
};

/** With S set, a result that goes to pc returns from an exception. */
const withReturn = (row: Row): Partial<Row> => ({
  operands: (fields, address, itState) =>
    fields('S') === 1 && fields('Rd') === PC
      ? exceptionReturn(row.operands(withFields(fields, {S: 0}), address, itState), row.execute)
      : row.operands(fields, address, itState),
});
const EXCEPTION_RETURNS: Changes = Object.fromEntries(
  OPERATIONS.filter(({shape}) => shape !== 'Rn').flatMap(({name}) =>
    ['immediate', 'register'].map((form) => [`${name} (${form})`, withReturn]),
  ),
);

/** An access with the rights of PL0. */
const unprivileged = new Map<Execute, Execute>();
const asUser = (execute: Execute): Execute => {
  const known = unprivileged.get(execute);
  if (known !== undefined) return known;
  const made = system((cpu, op) => cpu.asUser(() => execute(cpu, op)));
  unprivileged.set(execute, made);
  return made;
};
const alwaysUnprivileged = ({operands, execute}: Row): Partial<Row> => ({
  operands: (fields, address, itState) => {
    const decoded = operands(fields, address, itState);
    return {...decoded, execute: asUser(decoded.execute ?? execute)};
  },
});
/** Post-indexed with W set: LDRT and its like. */
const withUnprivileged = (row: Row): Partial<Row> => {
  const {operands} = alwaysUnprivileged(row) as Pick<Row, 'operands'>;
  return {
    operands: (fields, address, itState) =>
      (fields('P') === 0 && fields('W') === 1 ? operands : row.operands)(fields, address, itState),
  };
};
const UNPRIVILEGED: Changes = Object.fromEntries(
  ['LDR', 'LDRB', 'STR', 'STRB', 'LDRH', 'LDRSB', 'LDRSH', 'STRH'].flatMap((name) =>
    ['immediate', 'register'].map((form) => [`${name} (${form})`, withUnprivileged]),
  ),
);

/** SWP is UNDEFINED unless SCTLR.SW permits it (B4.1.130). */
const swap = ({execute}: Row): Partial<Row> => ({
  execute: system((cpu, op) => {
    if ((cpu.control[CONTROL.sctlr]! & SCTLR.swap) === 0) undefinedHere(op);
    execute(cpu, op);
  }),
});

/** Rows of user mode whose words system mode decodes by {@link COPROCESSOR_REGISTERS}. */
const REPLACED: ReadonlySet<string> = new Set(['MCR, MRC CP14', 'MRC CNTFRQ', 'MRRC CNTVCT', 'MRC PMUSERENR']);

/** What was written before is executed behind it, in its own block too. */
const endsBlock = ({operands}: Row): Partial<Row> => ({
  operands: (fields, address, itState) => ({...operands(fields, address, itState), end: 'fall-through'}),
});

const isRegisterOfCp15 = {specialises: ['MCR, MRC CP15']};

const CONDITIONAL = [
  ...change(
    A32_CONDITIONAL_ROWS.filter(({name}) => !REPLACED.has(name)),
    {
      ...EXCEPTION_RETURNS,
      ...UNPRIVILEGED,
      SWP: swap,
      SWPB: swap,
      MRS: READ_CPSR,
      'MSR (register)': WRITE_CPSR_REGISTER,
      'MSR (immediate)': WRITE_CPSR_IMMEDIATE,
      'MRS (SPSR)': READ_SPSR,
      'MSR (SPSR, register)': WRITE_SPSR_REGISTER,
      'MSR (SPSR, immediate)': WRITE_SPSR_IMMEDIATE,
      'MRS (banked register)': BANKED,
      'MSR (banked register)': BANKED,
      ERET: {operands: () => returnToLink(0), execute: RETURN_TO_LINK},
      'LDM, STM (user registers, exception return)': BANKED_MULTIPLE,
      SVC: SUPERVISOR_CALL,
      BKPT: BREAKPOINT,
      hint: HINT,
      'MRC TPIDRURO': isRegisterOfCp15,
      'MRC TPIDRURW': isRegisterOfCp15,
      'MCR TPIDRURW': isRegisterOfCp15,
      'MCR CP15DSB': isRegisterOfCp15,
      'MCR CP15DMB': isRegisterOfCp15,
      'MCR CP15ISB': (row) => ({...isRegisterOfCp15, ...endsBlock(row)}),
    },
  ),
  ...COPROCESSOR_REGISTERS,
  ...VFP_PRIVILEGED,
  {name: 'HVC', bits: 'cond:4 0001 0100 imm12:12 0111 imm4:4', ...HYPERVISOR_CALL},
  {name: 'SMC', bits: 'cond:4 0001 0110 (000000000000) 0111 imm4:4', ...SECURE_MONITOR_CALL},
];

const UNCONDITIONAL = change(A32_UNCONDITIONAL_ROWS, {
  CPS: CHANGE_STATE,
  ISB: endsBlock,
  SRS: STORE_RETURN_STATE,
  RFE: RETURN_FROM_MEMORY,
});

const outsideItBlock =
  (operands: Row['operands'], decoded: (fields: Fields) => Operands): Row['operands'] =>
  (fields, address, itState = 0) => {
    // The row of user mode knows what is UNPREDICTABLE here.
    operands(fields, address, itState);
    return decoded(fields);
  };
const narrowChangeState = ({operands}: Row): Partial<Row> => ({
  operands: outsideItBlock(operands, (fields) =>
    changeStateOperands(withFields(fields, {imod: 2 + fields('im'), M: 0, mode: 0})),
  ),
  execute: CHANGE_STATE.execute,
});
const wideChangeState = ({operands}: Row): Partial<Row> => ({
  operands: outsideItBlock(operands, changeStateOperands),
  execute: CHANGE_STATE.execute,
});

const NARROW = change(T32_NARROW_ROWS, {
  SVC: {
    operands: (fields) => ({class: 'system', immediate: fields('imm8'), end: 'system'}),
    ...SUPERVISOR_CALL,
  },
  BKPT: BREAKPOINT,
  'hint T1': HINT,
  'CPS T1': narrowChangeState,
});

const upwards = {P: 0, U: 1} as const;
const downwards = {P: 1, U: 0} as const;
const placed = (
  {operands, execute}: typeof STORE_RETURN_STATE,
  direction: typeof upwards | typeof downwards,
): Partial<Row> => ({operands: (fields) => operands(withFields(fields, direction)), execute});

/** T32 has the halves of the immediate the other way round. */
const HYPERVISOR_CALL_T32: Pick<Row, 'operands' | 'execute'> = {
  ...HYPERVISOR_CALL,
  operands: (fields) => ({class: 'system', immediate: (fields('imm4') << 12) | fields('imm12'), end: 'system'}),
};

const WIDE: readonly Row[] = [
  ...change(T32_WIDE_ROWS, {
    ...Object.fromEntries(
      T32_WIDE_ROWS.filter(({name}) => / ?(LDR|STR)S?[BH]?T T1$/.test(name)).map(({name}) => [
        name,
        alwaysUnprivileged,
      ]),
    ),
    'MRS T1': READ_CPSR,
    'MSR (register) T1': WRITE_CPSR_REGISTER,
    'MRS (SPSR) T1': READ_SPSR,
    'MSR (SPSR) T1': WRITE_SPSR_REGISTER,
    'MRS (banked register) T1': BANKED,
    'MSR (banked register) T1': BANKED,
    'SUBS PC, LR T1': {
      operands: (fields) => returnToLink(fields('imm8')),
      execute: RETURN_TO_LINK,
    },
    'CPS T2': wideChangeState,
    'hint T2': HINT,
    'ISB T1': endsBlock,
    'SRS T1': placed(STORE_RETURN_STATE, downwards),
    'SRS T2': placed(STORE_RETURN_STATE, upwards),
    'RFE T1': placed(RETURN_FROM_MEMORY, downwards),
    'RFE T2': placed(RETURN_FROM_MEMORY, upwards),
  }),
  {name: 'HVC T1', bits: '1111 0111 1110 imm4:4 1000 imm12:12', specialises: ['B T3'], ...HYPERVISOR_CALL_T32},
  {
    name: 'SMC T1',
    bits: '1111 0111 1111 imm4:4 1000 (000000000000)',
    specialises: ['B T3'],
    ...SECURE_MONITOR_CALL,
  },
];

export const SYSTEM_CONDITIONAL = new DecodeTable(CONDITIONAL);
export const SYSTEM_UNCONDITIONAL = new DecodeTable(UNCONDITIONAL);
export const SYSTEM_NARROW = new DecodeTable(NARROW, 16);
export const SYSTEM_WIDE = new DecodeTable(WIDE);

export const SYSTEM_DECODERS: Decoders = {
  a32: createDecoder(SYSTEM_CONDITIONAL, SYSTEM_UNCONDITIONAL),
  t32: createT32Decoder({
    narrow: SYSTEM_NARROW,
    wide: SYSTEM_WIDE,
    literal: T32_LITERAL,
    conditional: SYSTEM_CONDITIONAL,
    unconditional: SYSTEM_UNCONDITIONAL,
  }),
};
