/**
 * Xen's credit scheduler with equal weights (common/sched_credit.c of 4.5): credits are taken from who runs at its ticks and
 * given out at each accounting; who has some left (UNDER) goes before who has none (OVER), and who wakes with some left is
 * boosted before both until its next tick. A CPU that would idle takes from another.
 */
import type {Policy, ReadyCause, Schedulable} from '../policy.ts';
import {Queues} from './queues.ts';

/** In cycles. */
export interface CreditTimes {
  readonly slice: number;
  readonly tick: number;
  readonly accounting: number;
  readonly rateLimit: number;
  readonly boosts: boolean;
}

const BOOST = 0;
const UNDER = 1;
const OVER = 2;

interface Account {
  /** Cycles that it may run before it is OVER. */
  credit: number;
  isBoosted: boolean;
}

export class Credit implements Policy {
  readonly steals = true;
  readonly #queues: Queues;
  readonly #times: CreditTimes;
  readonly #cpus: number;
  readonly #accounts = new Map<number, Account>();
  #nextAccounting: number;

  constructor(cpus: number, times: CreditTimes) {
    this.#queues = new Queues(cpus);
    this.#times = times;
    this.#cpus = cpus;
    this.#nextAccounting = times.accounting;
  }

  enqueue(who: Schedulable, cause: ReadyCause, now: number): void {
    this.#giveOut(now);
    const account = this.#of(who);
    if (cause === 'woken') account.isBoosted = this.#times.boosts && account.credit >= 0;
    else if (cause !== 'preempted') account.isBoosted = false;
    this.#queues.insert(who, (a, b) => this.#priority(a) < this.#priority(b));
  }

  pick(cpu: number, now: number): Schedulable | undefined {
    this.#giveOut(now);
    return this.#queues.take(cpu) ?? this.#queues.steal(cpu);
  }

  ready(cpu: number): number {
    return this.#queues.ready(cpu);
  }

  preempts(who: Schedulable, running: Schedulable, since: number, now: number): boolean {
    return this.#priority(who) < this.#priority(running) && now - since >= this.#times.rateLimit;
  }

  sliceEnd(_who: Schedulable, since: number): number {
    return since + this.#times.slice;
  }

  isOver(who: Schedulable, _since: number, now: number): boolean {
    this.#giveOut(now);
    const next = this.#queues.of(who.cpu)[0];
    return next !== undefined && this.#priority(next) <= this.#priority(who);
  }

  yields(who: Schedulable, since: number, now: number): boolean {
    return this.ready(who.cpu) > 0 && now - since >= this.#times.rateLimit;
  }

  ran(who: Schedulable, cycles: number): void {
    const account = this.#of(who);
    account.credit -= cycles;
    // It loses the boost with its first tick; a tick falls into a run of a tick or more.
    if (cycles >= this.#times.tick) account.isBoosted = false;
  }

  #of(who: Schedulable): Account {
    let account = this.#accounts.get(who.id);
    if (account === undefined) {
      account = {credit: 0, isBoosted: false};
      this.#accounts.set(who.id, account);
    }
    return account;
  }

  #priority(who: Schedulable): number {
    const {credit, isBoosted} = this.#of(who);
    if (isBoosted) return BOOST;
    return credit >= 0 ? UNDER : OVER;
  }

  /** Everyone's fair share of what all CPUs ran since; no more than a period's is kept. */
  #giveOut(now: number): void {
    const {accounting} = this.#times;
    for (; this.#nextAccounting <= now; this.#nextAccounting += accounting) {
      const share = (accounting * this.#cpus) / Math.max(1, this.#accounts.size);
      for (const account of this.#accounts.values()) account.credit = Math.min(account.credit + share, accounting);
    }
  }
}
