/** What the code of an operation can name: core registers, intermediate values, words of the state. */
import {type Operation, PC} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {FIRST_KEPT, FIRST_REGISTER, FIRST_TEMPORARY, KEPT, stateOffset, TEMPORARIES} from './locals.ts';
import type {Space} from './space.ts';
import {Code} from './wasm/code.ts';

/** What the region as a whole needs to keep. */
export interface RegionFacts {
  readonly recording: boolean;
  /** The region's index in the table of functions. */
  readonly index: number;
  /** Instructions that one pass through the region may execute. */
  readonly slack: number;
  /** The offset in the ring beyond which no pass may begin. */
  readonly ringLimit: number;
  /** r0–r14 that any instruction writes, a bit each. */
  readonly writtenRegisters: number;
  /** r0–r14 that are kept in locals; the others stay in the state. */
  readonly localRegisters: number;
  /** The number by which translated code calls out for an operation. */
  readonly calloutOf: (operation: Operation) => number;
  readonly space: Space;
}

export class Values {
  readonly code: Code;
  readonly facts: RegionFacts;
  #temporaries = 0;
  #kept = 0;

  constructor(facts: RegionFacts) {
    this.facts = facts;
    this.code = new Code(facts.space.stateBase);
  }

  /** Locals that were kept are free again. */
  protected forgetKept(): void {
    this.#kept = 0;
  }

  /** Temporaries are free again. */
  protected forgetTemporaries(): void {
    this.#temporaries = 0;
  }

  /** A local for an intermediate value of the operation in hand. */
  temporary(): number {
    if (this.#temporaries === TEMPORARIES) throw new RangeError('an operation uses too many temporaries');
    return FIRST_TEMPORARY + this.#temporaries++;
  }

  /** A local that keeps its value to the end of the block; undefined when there is none left. */
  kept(): number | undefined {
    return this.#kept === KEPT ? undefined : FIRST_KEPT + this.#kept++;
  }

  isKept(local: number): boolean {
    return local >= FIRST_KEPT && local < FIRST_KEPT + KEPT;
  }

  /** Pushes a core register, or what the operation reads as pc. */
  register(operation: Operation, number: number): this {
    if (number === PC) this.code.constant(operation.pc);
    else if (this.isLocal(number)) this.code.get(FIRST_REGISTER + number);
    else this.loadState(STATE.registers + number);
    return this;
  }

  /** Pops into r0–r14. @throws RangeError for a register that the pipeline's facts do not name as written. */
  setRegister(number: number): this {
    const {code} = this;
    if (((this.facts.writtenRegisters >>> number) & 1) === 0) throw new RangeError(`r${number} is not to be written`);
    code.set(FIRST_REGISTER + number);
    if (!this.isLocal(number)) this.storeState(STATE.registers + number, () => code.get(FIRST_REGISTER + number));
    return this;
  }

  protected isLocal(number: number): boolean {
    return ((this.facts.localRegisters >>> number) & 1) !== 0;
  }

  loadState(word: number): this {
    this.code.state().memory('i32.load', stateOffset(word));
    return this;
  }

  /** Stores what `push` pushes. */
  storeState(word: number, push: () => void): void {
    this.code.state();
    push();
    this.code.memory('i32.store', stateOffset(word));
  }
}
