/** How a system call that cannot end yet waits: it yields what it waits for, and goes on when one of it has happened. */

export interface Waiter {
  wake(): void;
}

/** Those who wait for one thing. */
export class WaitQueue {
  readonly #waiters = new Set<Waiter>();

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Everybody looks again, in the order in which they came. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter.wake();
  }
}

export interface Wait {
  readonly queues: readonly WaitQueue[];
  /** When to give up, on the guest's monotonic clock in ns. */
  readonly deadline?: number | undefined;
}

/** Woken by a queue or for no reason; by the deadline; by a signal that has a handler or ends the task. */
export type Wake = 'ready' | 'timeout' | 'signal';
export type Waiting<T> = Generator<Wait, T, Wake>;

/** A system call's result: r0, or undefined when the call has set all registers itself. */
export type Result = number | undefined | Waiting<number | undefined>;

export const isWaiting = (result: Result): result is Waiting<number | undefined> => typeof result === 'object';
