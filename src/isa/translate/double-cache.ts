/**
 * Double registers that the block in hand has read or written, in locals beside the state: the state always has them too.
 */
import {STATE} from '../core/state.ts';
import {CACHED, DOUBLE, FIRST_CACHED, stateOffset} from './locals.ts';
import type {Code} from './wasm/code.ts';

const doubleOffset = (number: number): number => stateOffset(STATE.vfp + 2 * number);

export class DoubleCache {
  readonly #code: Code;
  /** Locals by register; a local is used once in a block. */
  readonly #locals = new Map<number, number>();
  #count = 0;

  constructor(code: Code) {
    this.#code = code;
  }

  beginBlock(): void {
    this.#locals.clear();
    this.#count = 0;
  }

  /** Pushes a double register. */
  push(number: number): void {
    const code = this.#code;
    const known = this.#locals.get(number);
    if (known !== undefined) {
      code.get(known);
      return;
    }
    code.state().memory('f64.load', doubleOffset(number));
    const local = this.#add(number);
    if (local !== undefined) code.tee(local);
  }

  /** Pops into a double register. */
  pop(number: number): void {
    const local = this.#locals.get(number) ?? this.#add(number) ?? DOUBLE;
    this.#code.set(local).state().get(local).memory('f64.store', doubleOffset(number));
  }

  /** The state has other values of these registers, a bit each. */
  forget(mask: number): void {
    for (const number of this.#locals.keys()) if (((mask >>> number) & 1) !== 0) this.#locals.delete(number);
  }

  /** After `body`, which may not be executed, only what was in locals before still is. */
  throughout(body: () => void): void {
    const before = new Map(this.#locals);
    body();
    for (const [number, local] of this.#locals) if (before.get(number) !== local) this.#locals.delete(number);
  }

  #add(number: number): number | undefined {
    if (this.#count === CACHED) return undefined;
    const local = FIRST_CACHED + this.#count++;
    this.#locals.set(number, local);
    return local;
  }
}
