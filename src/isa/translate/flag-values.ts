/** Flags in locals, C and V worked out when they are needed, and the conditions that read them (DDI 0406C A8.3). */
import {STATE} from '../core/state.ts';
import {CARRY, FLAG_LOCALS, NEGATIVE, OVERFLOW, ZERO} from './flags.ts';
import {CARRY_LOCAL, DIFFERENCE, FIRST_FLAG, OVERFLOW_LOCAL} from './locals.ts';
import {Values} from './values.ts';
import type {Op} from './wasm/opcodes.ts';

const FLAGS = [NEGATIVE, ZERO, CARRY, OVERFLOW];

/** What the flags of a block's last flag-setting instruction derive from, in locals that nothing else writes. */
export type FlagSource =
  | {readonly kind: 'difference'; readonly a: number; readonly b: number}
  | {readonly kind: 'result'; readonly result: number};

export class FlagValues extends Values {
  flagSource: FlagSource | undefined = undefined;
  /** Flags that a later instruction may read after the one in hand. */
  liveFlags = 0;

  /** Pushes N or Z as the state has them, or C or V, 0 or 1. */
  flag(name: number): this {
    if (name === CARRY) this.#pushCarry();
    else if (name === OVERFLOW) this.#pushOverflow();
    else this.code.get(FIRST_FLAG + FLAG_LOCALS[name]!);
    return this;
  }

  /** Pops N or Z. */
  setFlag(name: typeof NEGATIVE | typeof ZERO): this {
    this.code.set(FIRST_FLAG + FLAG_LOCALS[name]!);
    return this;
  }

  /** C and V are those of a − b, and worked out only when they are needed. */
  setDifference(a: number, b: number): void {
    this.code.get(a).set(CARRY_LOCAL).get(b).set(OVERFLOW_LOCAL).constant(1).set(DIFFERENCE);
  }

  /** Pops C; V stays, if a later instruction may read it. */
  setCarry(): void {
    const {code} = this;
    if ((this.liveFlags & OVERFLOW) !== 0) {
      const carry = this.temporary();
      code.set(carry);
      this.#pushOverflow();
      code.set(OVERFLOW_LOCAL).get(carry);
    }
    code.set(CARRY_LOCAL).constant(0).set(DIFFERENCE);
  }

  /** Pops V, and C below it. */
  setCarryAndOverflow(): void {
    this.code.set(OVERFLOW_LOCAL).set(CARRY_LOCAL).constant(0).set(DIFFERENCE);
  }

  #pushCarry(): void {
    const {code} = this;
    code.get(CARRY_LOCAL).get(OVERFLOW_LOCAL).op('i32.ge_u').get(CARRY_LOCAL).get(DIFFERENCE).op('select');
  }

  #pushOverflow(): void {
    const {code} = this;
    const [a, b] = [CARRY_LOCAL, OVERFLOW_LOCAL];
    code.get(a).get(b).op('i32.xor').get(a).get(a).get(b).op('i32.sub').op('i32.xor').op('i32.and');
    code.constant(31).op('i32.shr_u').get(b).get(DIFFERENCE).op('select');
  }

  /** Pushes 1 or 0: ConditionPassed(). */
  pushCondition(condition: number): void {
    pushConditionOf(this, condition);
  }

  /** Writes N, Z, C and V to the state. */
  protected spillFlags(): void {
    for (const flag of FLAGS) this.storeState(STATE.negative + FLAG_LOCALS[flag]!, () => this.flag(flag));
  }

  /** Loads N, Z, C and V from the state. */
  protected reloadFlags(): void {
    for (const flag of FLAGS)
      this.loadState(STATE.negative + FLAG_LOCALS[flag]!).code.set(FIRST_FLAG + FLAG_LOCALS[flag]!);
    this.code.constant(0).set(DIFFERENCE);
  }

  /** Flags that nothing reads need not be carried from block to block. */
  protected beginFlags(live: number): void {
    const {code} = this;
    this.flagSource = undefined;
    for (const flag of [NEGATIVE, ZERO]) if ((live & flag) === 0) code.constant(0).set(FIRST_FLAG + FLAG_LOCALS[flag]!);
    if ((live & (CARRY | OVERFLOW)) === 0)
      code.constant(0).set(CARRY_LOCAL).constant(0).set(OVERFLOW_LOCAL).constant(0).set(DIFFERENCE);
  }
}

const pushConditionOf = (values: FlagValues, condition: number): void => {
  const {code, flagSource} = values;
  if (flagSource?.kind === 'difference') {
    const comparison = DIFFERENCE_CONDITIONS[condition];
    if (comparison !== undefined) {
      code.get(flagSource.a).get(flagSource.b).op(comparison);
      return;
    }
  }
  if (flagSource !== undefined && condition >>> 1 === EQUAL_PAIR) {
    if (flagSource.kind === 'result') code.get(flagSource.result).op('i32.eqz');
    else code.get(flagSource.a).get(flagSource.b).op('i32.eq');
  } else CONDITION_PAIRS[condition >>> 1]!(values);
  if ((condition & 1) === 1) code.op('i32.eqz');
};

const EQUAL_PAIR = 0;

/** Conditions after a comparison of a with b, which one comparison of WebAssembly decides. */
const DIFFERENCE_CONDITIONS: Readonly<Record<number, Op>> = {
  0: 'i32.eq',
  1: 'i32.ne',
  2: 'i32.ge_u',
  3: 'i32.lt_u',
  8: 'i32.gt_u',
  9: 'i32.le_u',
  10: 'i32.ge_s',
  11: 'i32.lt_s',
  12: 'i32.gt_s',
  13: 'i32.le_s',
};

/** Pushes the even condition of each pair; the odd one is its opposite (DDI 0406C A8.3). */
const CONDITION_PAIRS: readonly ((values: FlagValues) => void)[] = [
  (values) => values.flag(ZERO).code.op('i32.eqz'),
  (values) => values.flag(CARRY),
  (values) => values.flag(NEGATIVE).code.constant(0).op('i32.lt_s'),
  (values) => values.flag(OVERFLOW),
  // HI: C and not Z.
  (values) => {
    values.flag(ZERO).code.constant(0).op('i32.ne');
    values.flag(CARRY).code.op('i32.and');
  },
  (values) => pushSignsAgree(values),
  (values) => {
    values.flag(ZERO).code.constant(0).op('i32.ne');
    pushSignsAgree(values);
    values.code.op('i32.and');
  },
];

/** N = V. */
const pushSignsAgree = (values: FlagValues): void => {
  values.flag(NEGATIVE).code.constant(31).op('i32.shr_u');
  values.flag(OVERFLOW).code.op('i32.eq');
};
