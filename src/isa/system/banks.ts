/** The registers of the modes that are not current: r13, r14 and SPSR of each, and r8–r12 of FIQ mode or of the others. */
import {UnmodelledInstruction} from '../core/errors.ts';
import {BANKS, bankOf, MODE, USER_BANK} from './modes.ts';

const WORDS = 3;
const STATUS = 2;
const FIRST_BANKED = 13;
const FIRST_FIQ = 8;
const FIQ_REGISTERS = 5;
export const BANK_WORDS = BANKS * WORDS + FIQ_REGISTERS;

export class Banks {
  readonly #r: Int32Array;
  /** r13, r14 and SPSR by bank, then r8–r12 as those see them that are not in place. */
  readonly words = new Int32Array(BANK_WORDS);

  /** @param r the registers in place. */
  constructor(r: Int32Array) {
    this.#r = r;
  }

  /** Exchanges what one mode has of its own for what another has. */
  exchange(from: number, to: number): void {
    const before = bankOf(from)!;
    const after = bankOf(to)!;
    if (before === after) return;
    for (let index = 0; index < STATUS; index++) {
      this.words[WORDS * before + index] = this.#r[FIRST_BANKED + index]!;
      this.#r[FIRST_BANKED + index] = this.words[WORDS * after + index]!;
    }
    if (from === MODE.fiq || to === MODE.fiq) this.#exchangeHigh();
  }

  status(mode: number): number {
    return this.words[WORDS * bankOf(mode)! + STATUS]!;
  }

  setStatus(mode: number, value: number): void {
    this.words[WORDS * bankOf(mode)! + STATUS] = value;
  }

  /** A register as `mode` has it, while `current` is in place. */
  read(current: number, mode: number, register: number): number {
    const place = this.#placeOf(current, mode, register);
    return place === undefined ? this.#r[register]! : this.words[place]!;
  }

  write(current: number, mode: number, register: number, value: number): void {
    const place = this.#placeOf(current, mode, register);
    if (place === undefined) this.#r[register] = value;
    else this.words[place] = value;
  }

  /** Where a register of `mode` is put away; undefined when it is in place. */
  #placeOf(current: number, mode: number, register: number): number | undefined {
    if (register < FIRST_FIQ || register > 14) return undefined;
    if (register < FIRST_BANKED) {
      const isInPlace = (current === MODE.fiq) === (mode === MODE.fiq);
      return isInPlace ? undefined : BANKS * WORDS + register - FIRST_FIQ;
    }
    const bank = bankOf(mode)!;
    return bank === bankOf(current) ? undefined : WORDS * bank + register - FIRST_BANKED;
  }

  #exchangeHigh(): void {
    for (let index = 0; index < FIQ_REGISTERS; index++) {
      const kept = this.words[BANKS * WORDS + index]!;
      this.words[BANKS * WORDS + index] = this.#r[FIRST_FIQ + index]!;
      this.#r[FIRST_FIQ + index] = kept;
    }
  }
}

/** Whether a mode has an SPSR. */
export const hasStatus = (mode: number): boolean => bankOf(mode) !== USER_BANK;

interface Place {
  readonly address: number;
  readonly word: number;
  readonly name: string;
}

/** @throws UnmodelledInstruction for a mode that this CPU has not: what becomes of it is UNPREDICTABLE. */
export const checkMode = ({address, word, name}: Place, mode: number): number => {
  if (bankOf(mode) === undefined) {
    throw new UnmodelledInstruction(address, word, `${name}: mode 0x${mode.toString(16)} is UNPREDICTABLE`);
  }
  return mode;
};
