/** T32 multiple, double and exclusive transfers, and table branches: DDI 0406C A6.3.5 and A6.3.6. */
import {READ, WRITE} from '../../trace/records.ts';
import {
  claim,
  exclusiveLoad,
  exclusiveStore,
  ldrex,
  ldrexb,
  ldrexd,
  ldrexh,
  reserve,
  strex,
  strexb,
  strexd,
  strexh,
} from '../a32/exclusive.ts';
import {ldrd, offsetAddress, single, strd, type Transfer} from '../a32/load-store.ts';
import {ldm, multiple, stm} from '../a32/load-store-multiple.ts';
import {
  beginAligned,
  loadByte,
  loadHalfWord,
  loadWord,
  readAlignedWord,
  recordAccess,
  storeWord,
  writeAlignedWord,
} from '../core/access.ts';
import {type Fields, withFields} from '../core/bits.ts';
import {
  type Execute,
  type Operands,
  PC,
  type Row,
  registers,
  reject,
  rejected,
  rejectUndefined,
  SP,
} from '../core/operation.ts';
import {plainImmediate} from '../core/shifter.ts';
import {alignment, rejectBad, rejectInsideItBlock, rejectPc} from './encoding.ts';

const WORD = 4;
const BYTE = 1;

// Doubles whose second register, `a`, is not the one behind the first; else A32's executes do.
export const loadPair: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const address = op.postIndexed ? cpu.r[op.n]! : indexed;
  beginAligned(cpu, op, address, WORD);
  const low = readAlignedWord(cpu, op, address);
  const high = readAlignedWord(cpu, op, (address + WORD) | 0);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = low;
  cpu.r[op.a] = high;
};
export const storePair: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const address = op.postIndexed ? cpu.r[op.n]! : indexed;
  beginAligned(cpu, op, address, WORD);
  writeAlignedWord(cpu, op, address, cpu.r[op.d]!);
  writeAlignedWord(cpu, op, (address + WORD) | 0, cpu.r[op.a]!);
  if (op.writeBack) cpu.r[op.n] = indexed;
};

const pair =
  (transfer: Transfer, sequential: Execute) =>
  (fields: Fields, address: number): Operands => {
    const [first, second, n] = [fields('Rt'), fields('Rt2'), fields('Rn')];
    const isLoad = transfer.kind === READ;
    const writesBack = fields('W') === 1;
    rejectUndefined(fields('P') === 0 && !writesBack);
    rejectBad(first, second);
    reject(isLoad && first === second, 'two words to one register are UNPREDICTABLE');
    reject(n === PC && !isLoad, 'pc as the base of a store is UNPREDICTABLE');
    reject(writesBack && n === second, 'write-back to a transferred register is UNPREDICTABLE');
    const offset = WORD * fields('imm8');
    const signed = n === PC ? (fields('U') === 1 ? offset : -offset) + alignment(address) : offset;
    const operands = single(transfer, n === PC ? withFields(fields, {U: 1}) : fields, plainImmediate(signed));
    const both = {...operands, a: second, ...(second === first + 1 ? {execute: sequential} : {})};
    return isLoad
      ? {...both, writes: both.writes! | registers(second)}
      : {...both, reads: both.reads! | registers(second)};
  };

// LDREX and STREX with an offset, in `amount`.
export const ldrexOffset: Execute = (cpu, op) => {
  cpu.r[op.d] = loadWord(cpu, op, reserve(cpu, op, (cpu.r[op.n]! + op.amount) | 0));
};
export const strexOffset: Execute = (cpu, op) => {
  const address = (cpu.r[op.n]! + op.amount) | 0;
  const held = claim(cpu, op, address);
  if (held) storeWord(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
// LDREXD and STREXD of any two registers; the second is `a`.
export const ldrexPair: Execute = (cpu, op) => {
  const address = reserve(cpu, op, cpu.r[op.n]!);
  beginAligned(cpu, op, address, 8);
  const low = readAlignedWord(cpu, op, address);
  cpu.r[op.a] = readAlignedWord(cpu, op, address + WORD);
  cpu.r[op.d] = low;
};
export const strexPair: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) {
    if (cpu.recording) recordAccess(cpu, address, op.meta);
    writeAlignedWord(cpu, op, address, cpu.r[op.m]!);
    writeAlignedWord(cpu, op, address + WORD, cpu.r[op.a]!);
  }
  cpu.r[op.d] = held ? 0 : 1;
};

const exclusiveWord = (fields: Fields): Operands => {
  const [n, t] = [fields('Rn'), fields('Rt')];
  rejectPc(n);
  rejectBad(t);
  const amount = WORD * fields('imm8');
  return {...exclusiveLoad(WORD, n, [t]), amount, ...(amount === 0 ? {execute: ldrex} : {})};
};
const exclusiveWordStore = (fields: Fields): Operands => {
  const [n, d, t] = [fields('Rn'), fields('Rd'), fields('Rt')];
  rejectPc(n);
  rejectBad(d, t);
  const amount = WORD * fields('imm8');
  return {...exclusiveStore(WORD, n, d, [t]), amount, ...(amount === 0 ? {execute: strex} : {})};
};

/** The registers that a transfer of this size names. */
const transferred = (size: number, fields: Fields): readonly number[] =>
  size === 8 ? [fields('Rt'), fields('Rt2')] : [fields('Rt')];

const otherLoad =
  (size: number) =>
  (fields: Fields): Operands => {
    const values = transferred(size, fields);
    rejectPc(fields('Rn'));
    rejectBad(...values);
    const [first, second = 0] = values as [number, number?];
    reject(size === 8 && first === second, 'two words to one register are UNPREDICTABLE');
    const operands = exclusiveLoad(size, fields('Rn'), values);
    return {...operands, a: second, ...(size === 8 && second === first + 1 ? {execute: ldrexd} : {})};
  };
const otherStore =
  (size: number) =>
  (fields: Fields): Operands => {
    const values = transferred(size, fields);
    rejectPc(fields('Rn'));
    rejectBad(fields('Rd'), ...values);
    const [first, second = 0] = values as [number, number?];
    const operands = exclusiveStore(size, fields('Rn'), fields('Rd'), values);
    return {...operands, a: second, ...(size === 8 && second === first + 1 ? {execute: strexd} : {})};
  };

export const tableBranchByte: Execute = (cpu, op) => {
  const entry = loadByte(cpu, op, (cpu.r[op.n]! + cpu.r[op.m]!) | 0);
  cpu.next = (op.pc + 2 * entry) | 1;
};
export const tableBranchHalfWord: Execute = (cpu, op) => {
  const entry = loadHalfWord(cpu, op, (cpu.r[op.n]! + (cpu.r[op.m]! << 1)) | 0);
  cpu.next = (op.pc + 2 * entry) | 1;
};

const tableBranch = (name: string, h: '0' | '1', size: number, execute: Execute): Row => ({
  name,
  bits: `1110 1000 1101 Rn:4 (11110000) 000 ${h} Rm:4`,
  specialises: ['LDRD (immediate) T1'],
  operands: (fields, _address, itState = 0) => {
    const [n, m] = [fields('Rn'), fields('Rm')];
    reject(n === SP, 'sp as the table is UNPREDICTABLE');
    rejectBad(m);
    rejectInsideItBlock(itState);
    const reads = registers(n, m);
    return {
      class: 'branch-indirect',
      n,
      m,
      access: {kind: READ, size},
      reads,
      readsEarly: reads,
      end: 'indirect',
    };
  },
  execute,
});

/** More than one register, pc only as an IT block's last, and with pc no lr. */
const wideMultiple =
  (isLoad: boolean, p: 0 | 1) =>
  (fields: Fields, _address: number, itState = 0): Operands => {
    const list = fields('registers') | (fields('M') << 14) | (isLoad ? fields('P') << 15 : 0);
    reject((list & (list - 1)) === 0, 'fewer than two registers are UNPREDICTABLE');
    reject(list >>> 14 === 3, 'loading both lr and pc is UNPREDICTABLE');
    if (list >>> 15 === 1) rejectInsideItBlock(itState);
    const n = fields('Rn');
    reject(fields('W') === 1 && ((list >>> n) & 1) === 1, 'write-back to a transferred register is UNPREDICTABLE');
    return multiple(isLoad)(withFields(fields, {P: p, U: 1 - p, registers: list}));
  };

const exclusiveRow = (
  name: string,
  bits: string,
  operands: (fields: Fields) => Operands,
  execute: Execute,
  general: string,
): Row => ({name: `${name} T1`, bits: `1110 1000 ${bits}`, specialises: [general], operands, execute});
const exclusiveLoadRow = (name: string, bits: string, operands: (fields: Fields) => Operands, execute: Execute): Row =>
  exclusiveRow(name, bits, operands, execute, 'LDRD (immediate) T1');
const exclusiveStoreRow = (name: string, bits: string, operands: (fields: Fields) => Operands, execute: Execute): Row =>
  exclusiveRow(name, bits, operands, execute, 'STRD (immediate) T1');

const IN_USER_MODE = 'in user mode it is UNPREDICTABLE';

export const WIDE_MULTIPLE: readonly Row[] = [
  {
    name: 'STM T2',
    bits: '1110 1000 10 W:1 0 Rn:4 (0) M:1 (0) registers:13',
    operands: wideMultiple(false, 0),
    execute: stm,
  },
  {
    name: 'LDM T2',
    bits: '1110 1000 10 W:1 1 Rn:4 P:1 M:1 (0) registers:13',
    operands: wideMultiple(true, 0),
    execute: ldm,
  },
  {
    name: 'STMDB T1',
    bits: '1110 1001 00 W:1 0 Rn:4 (0) M:1 (0) registers:13',
    operands: wideMultiple(false, 1),
    execute: stm,
  },
  {
    name: 'LDMDB T1',
    bits: '1110 1001 00 W:1 1 Rn:4 P:1 M:1 (0) registers:13',
    operands: wideMultiple(true, 1),
    execute: ldm,
  },
  rejected('SRS T1', '1110 1000 00 W:1 0 (1101) (11000000000) mode:5', IN_USER_MODE),
  rejected('SRS T2', '1110 1001 10 W:1 0 (1101) (11000000000) mode:5', IN_USER_MODE),
  rejected('RFE T1', '1110 1000 00 W:1 1 Rn:4 (1100000000000000)', IN_USER_MODE),
  rejected('RFE T2', '1110 1001 10 W:1 1 Rn:4 (1100000000000000)', IN_USER_MODE),
  {
    name: 'STRD (immediate) T1',
    bits: '1110 100 P:1 U:1 1 W:1 0 Rn:4 Rt:4 Rt2:4 imm8:8',
    operands: pair({class: 'store-pair', kind: WRITE, size: 8}, strd),
    execute: storePair,
  },
  {
    name: 'LDRD (immediate) T1',
    bits: '1110 100 P:1 U:1 1 W:1 1 Rn:4 Rt:4 Rt2:4 imm8:8',
    operands: pair({class: 'load-pair', kind: READ, size: 8}, ldrd),
    execute: loadPair,
  },
  exclusiveStoreRow('STREX', '0100 Rn:4 Rt:4 Rd:4 imm8:8', exclusiveWordStore, strexOffset),
  exclusiveLoadRow('LDREX', '0101 Rn:4 Rt:4 (1111) imm8:8', exclusiveWord, ldrexOffset),
  exclusiveStoreRow('STREXB', '1100 Rn:4 Rt:4 (1111) 0100 Rd:4', otherStore(BYTE), strexb),
  exclusiveStoreRow('STREXH', '1100 Rn:4 Rt:4 (1111) 0101 Rd:4', otherStore(2), strexh),
  exclusiveStoreRow('STREXD', '1100 Rn:4 Rt:4 Rt2:4 0111 Rd:4', otherStore(8), strexPair),
  tableBranch('TBB T1', '0', BYTE, tableBranchByte),
  tableBranch('TBH T1', '1', 2, tableBranchHalfWord),
  exclusiveLoadRow('LDREXB', '1101 Rn:4 Rt:4 (1111) 0100 (1111)', otherLoad(BYTE), ldrexb),
  exclusiveLoadRow('LDREXH', '1101 Rn:4 Rt:4 (1111) 0101 (1111)', otherLoad(2), ldrexh),
  exclusiveLoadRow('LDREXD', '1101 Rn:4 Rt:4 Rt2:4 0111 (1111)', otherLoad(8), ldrexPair),
];
