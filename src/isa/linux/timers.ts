/** What is to happen at a time of the guest's clock, in order. */

interface Timer {
  readonly deadline: number;
  readonly fire: () => void;
}

export class TimerQueue {
  /** By deadline; of equal ones the first set comes first. */
  readonly #timers: Timer[] = [];

  get next(): number {
    return this.#timers[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** @returns how to take it back. */
  add(deadline: number, fire: () => void): () => void {
    const timer = {deadline, fire};
    let at = this.#timers.length;
    while (at > 0 && this.#timers[at - 1]!.deadline > deadline) at--;
    this.#timers.splice(at, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  fireUntil(now: number): void {
    while (this.next <= now) this.#timers.shift()?.fire();
  }
}
