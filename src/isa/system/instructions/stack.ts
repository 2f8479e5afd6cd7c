/** SRS, RFE and the forms of LDM and STM with S = 1: DDI 0406C B9.3.5, B9.3.6, B9.3.13, B9.3.16, B9.3.17. */
import {FLAGS_BIT} from '../../../trace/blocks.ts';
import {READ, WRITE} from '../../../trace/records.ts';
import {multiple} from '../../a32/load-store-multiple.ts';
import {beginAligned, readAlignedWord, writeAlignedWord} from '../../core/access.ts';
import type {Fields} from '../../core/bits.ts';
import {LR, type Operands, PC, registers, reject, SP} from '../../core/operation.ts';
import {checkMode} from '../banks.ts';
import {MODE} from '../modes.ts';
import {privileged} from './execute.ts';

const WORD = 4;

// As in a32/load-store-multiple.ts, `immediate` is the distance from the base to the lowest word, `amount` what
// write-back adds.
const loadUser = privileged((cpu, op) => {
  const address = (cpu.r[op.n]! + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  const values = op.list.map((_, index) => readAlignedWord(cpu, op, (address + WORD * index) | 0));
  for (const [index, register] of op.list.entries())
    cpu.banks.write(cpu.mode, MODE.user, register, values[index] as number);
});
const storeUser = privileged((cpu, op) => {
  const address = (cpu.r[op.n]! + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  for (const [index, register] of op.list.entries()) {
    const value = register === PC ? op.pc : cpu.banks.read(cpu.mode, MODE.user, register);
    writeAlignedWord(cpu, op, (address + WORD * index) | 0, value);
  }
});
/** The whole list is read before a register changes: pc is last, and may be on a page that is not there. */
const loadReturn = privileged((cpu, op) => {
  const base = cpu.r[op.n]!;
  const address = (base + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  const values = op.list.map((_, index) => readAlignedWord(cpu, op, (address + WORD * index) | 0));
  const status = cpu.spsr(op);
  for (const [index, register] of op.list.entries()) cpu.r[register] = values[index] as number;
  if (op.writeBack) cpu.r[op.n] = base + op.amount;
  cpu.returnFromException(op, values.at(-1) as number, status);
});

/** Fields P, U, W, L, Rn and registers. */
const banked = (fields: Fields): Operands => {
  const isLoad = fields('L') === 1;
  const operands = multiple(isLoad)(fields);
  const returns = isLoad && operands.list!.includes(PC);
  reject(!returns && fields('W') === 1, 'write-back with user registers is UNPREDICTABLE');
  if (!returns) return {...operands, end: undefined, execute: isLoad ? loadUser : storeUser};
  // Without pc among what it writes, the return itself branches.
  return {
    ...operands,
    writes: (operands.writes! & ~registers(PC)) | FLAGS_BIT,
    end: 'indirect',
    execute: loadReturn,
  };
};
export const BANKED_MULTIPLE = {operands: banked, execute: loadReturn};

/** Where the words of SRS and RFE lie, as {@link multiple} says it. */
const placeOf = (fields: Fields): Pick<Operands, 'immediate' | 'amount' | 'index'> => ({
  immediate: fields('U') === 1 ? WORD * fields('P') : fields('P') === 1 ? -2 * WORD : -WORD,
  amount: fields('U') === 1 ? 2 * WORD : -2 * WORD,
  index: fields('W') === 1 ? 'pre-indexed' : 'offset',
});

/** `form` is the mode whose stack is used. */
const storeReturnState = privileged((cpu, op) => {
  const mode = checkMode(op, op.form);
  const base = cpu.banks.read(cpu.mode, mode, SP);
  const address = (base + op.immediate) | 0;
  const status = cpu.spsr(op);
  beginAligned(cpu, op, address, WORD);
  writeAlignedWord(cpu, op, address, cpu.r[LR]!);
  writeAlignedWord(cpu, op, (address + WORD) | 0, status);
  if (op.writeBack) cpu.banks.write(cpu.mode, mode, SP, base + op.amount);
});
const returnFromMemory = privileged((cpu, op) => {
  const base = cpu.r[op.n]!;
  const address = (base + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  const target = readAlignedWord(cpu, op, address);
  const status = readAlignedWord(cpu, op, (address + WORD) | 0);
  if (op.writeBack) cpu.r[op.n] = base + op.amount;
  cpu.returnFromException(op, target, status);
});

export const STORE_RETURN_STATE = {
  operands: (fields: Fields): Operands => ({
    ...placeOf(fields),
    class: 'store-pair',
    form: fields('mode'),
    access: {kind: WRITE, size: 2 * WORD},
    reads: registers(LR, SP),
    readsEarly: registers(SP),
    writes: fields('W') === 1 ? registers(SP) : 0,
  }),
  execute: storeReturnState,
};
export const RETURN_FROM_MEMORY = {
  operands: (fields: Fields): Operands => {
    const n = fields('Rn');
    reject(n === PC, 'pc as the base is UNPREDICTABLE');
    return {
      ...placeOf(fields),
      class: 'branch-indirect',
      n,
      access: {kind: READ, size: 2 * WORD},
      reads: registers(n),
      readsEarly: registers(n),
      writes: (fields('W') === 1 ? registers(n) : 0) | FLAGS_BIT,
      end: 'indirect',
    };
  },
  execute: returnFromMemory,
};
