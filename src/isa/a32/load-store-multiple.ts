/** A32 LDM, STM, PUSH and POP in all four modes: DDI 0406C A5.5. The forms with S = 1 (user registers, exception return) are privileged. */
import type {BlockEnd} from '../../trace/blocks.ts';
import {READ, WRITE} from '../../trace/records.ts';
import {beginAligned, readAlignedWord, wordsInPage, writeAlignedWord} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {
  type Execute,
  type Operands,
  type Operation,
  PC,
  type Row,
  registers,
  reject,
  rejected,
  SP,
} from '../core/operation.ts';

const WORD = 4;
const PAGE_SHIFT = 12;

// `immediate` is the distance from the base to the lowest word, `amount` what write-back adds to the base.
export const ldm: Execute = (cpu, op) => {
  const {r, memory} = cpu;
  const {list} = op;
  const base = r[op.n]!;
  const address = (base + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  const first = wordsInPage(memory.readMap, address, WORD * list.length);
  if (first < 0) loadAcrossPages(cpu, op, address);
  else for (let index = 0; index < list.length; index++) r[list[index]!] = memory.words[first + index]!;
  // The base is not in the list when it is written back.
  if (op.writeBack) r[op.n] = base + op.amount;
};
export const stm: Execute = (cpu, op) => {
  const {r, memory} = cpu;
  const {list} = op;
  const base = r[op.n]!;
  const address = (base + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  const first = wordsInPage(memory.writeMap, address, WORD * list.length);
  if (first < 0) storeAcrossPages(cpu, op, address);
  else for (let index = 0; index < list.length; index++) memory.words[first + index] = r[list[index]!]!;
  if (op.writeBack) r[op.n] = base + op.amount;
};

/** Both pages are looked at before a register changes; a device's registers, in one page, are read once. */
const loadAcrossPages = (cpu: Cpu, op: Operation, address: number): void => {
  const {list} = op;
  const last = (address + WORD * (list.length - 1)) | 0;
  if ((address ^ last) >>> PAGE_SHIFT !== 0) {
    cpu.readableOffset(op, address);
    cpu.readableOffset(op, last);
  }
  for (const [index, register] of list.entries())
    cpu.r[register] = readAlignedWord(cpu, op, (address + WORD * index) | 0);
};
const storeAcrossPages = (cpu: Cpu, op: Operation, address: number): void => {
  for (const [index, register] of op.list.entries())
    writeAlignedWord(cpu, op, (address + WORD * index) | 0, cpu.r[register]!);
};

const listOf = (mask: number): readonly number[] => {
  const list: number[] = [];
  for (let left = mask; left !== 0; left &= left - 1) list.push(31 - Math.clz32(left & -left));
  return list;
};

const endOf = (n: number): BlockEnd => (n === SP ? 'return' : 'indirect');

/** Fields P, U, W, Rn and registers. */
export const multiple =
  (isLoad: boolean) =>
  (fields: Fields): Operands => {
    const p = fields('P');
    const u = fields('U');
    const w = fields('W');
    const n = fields('Rn');
    const mask = fields('registers');
    const list = listOf(mask);
    reject(n === PC, 'pc as the base is UNPREDICTABLE');
    reject(list.length === 0, 'an empty register list is UNPREDICTABLE');
    reject(isLoad && w === 1 && list.includes(n), 'loading the base with write-back is UNPREDICTABLE');
    reject(
      !isLoad && w === 1 && list.includes(n) && list[0] !== n,
      'storing a written-back base that is not the lowest register is UNKNOWN',
    );
    const size = WORD * list.length;
    const lowest = u === 1 ? (p === 1 ? WORD : 0) : p === 1 ? -size : WORD - size;
    const branches = isLoad && list.includes(PC);
    return {
      end: branches ? endOf(n) : undefined,
      class: branches ? 'branch-indirect' : isLoad ? 'load-multiple' : 'store-multiple',
      n,
      list,
      immediate: lowest,
      amount: u === 1 ? size : -size,
      index: w === 1 ? 'pre-indexed' : 'offset',
      transfers: list.length,
      access: {kind: isLoad ? READ : WRITE, size},
      reads: registers(n) | (isLoad ? 0 : mask),
      readsEarly: registers(n),
      writes: (isLoad ? mask : 0) | (w === 1 ? registers(n) : 0),
      writesBack: w === 1 ? registers(n) : 0,
    };
  };

export const LOAD_STORE_MULTIPLE: readonly Row[] = [
  {name: 'LDM', bits: 'cond:4 100 P:1 U:1 0 W:1 1 Rn:4 registers:16', operands: multiple(true), execute: ldm},
  {name: 'STM', bits: 'cond:4 100 P:1 U:1 0 W:1 0 Rn:4 registers:16', operands: multiple(false), execute: stm},
  rejected(
    'LDM, STM (user registers, exception return)',
    'cond:4 100 P:1 U:1 1 W:1 L:1 Rn:4 registers:16',
    'in user mode it is UNPREDICTABLE',
  ),
];
