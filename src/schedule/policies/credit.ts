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
  /** By what was left at the last accounting, until the next. */
  priority: number;
  /** Takes part in the accounting: it has run since it had all the credit that is kept. */
  isActive: boolean;
}

export class Credit implements Policy {
  readonly steals = true;
  readonly #queues: Queues;
  readonly #times: CreditTimes;
  readonly #cpus: number;
  readonly #accounts = new Map<number, Account>();
  /** By CPU, when it is looked at next for who woke within a rate limit. */
  readonly #held: number[];
  #nextAccounting: number;

  constructor(cpus: number, times: CreditTimes) {
    this.#queues = new Queues(cpus);
    this.#times = times;
    this.#cpus = cpus;
    this.#held = new Array<number>(cpus).fill(0);
    this.#nextAccounting = times.accounting;
  }

  enqueue(who: Schedulable, cause: ReadyCause, now: number): void {
    this.#giveOut(now);
    const account = this.#of(who);
    if (cause === 'woken' && this.#times.boosts && account.priority === UNDER) account.priority = BOOST;
    const isBefore = (a: Schedulable, b: Schedulable): boolean => this.#priority(a) < this.#priority(b);
    // __runq_insert() lets one of a lower priority go before who yields.
    if (cause === 'yielded') this.#queues.insertBehindOne(who, isBefore);
    else this.#queues.insert(who, isBefore);
  }

  pick(cpu: number, now: number): Schedulable | undefined {
    this.#giveOut(now);
    return this.#queues.take(cpu) ?? this.#queues.steal(cpu);
  }

  ready(cpu: number): number {
    return this.#queues.ready(cpu);
  }

  preempts(who: Schedulable, running: Schedulable, since: number, now: number): boolean {
    if (this.#priority(who) >= this.#priority(running)) return false;
    const {rateLimit} = this.#times;
    if (now - since >= rateLimit) return true;
    // csched_schedule() lets it go on for the rate limit once more, and looks again.
    this.#held[running.cpu] = now + rateLimit;
    return false;
  }

  sliceEnd({cpu}: Schedulable, since: number): number {
    const held = this.#held[cpu]!;
    return Math.min(held > since ? held : Number.POSITIVE_INFINITY, since + this.#times.slice);
  }

  isOver(who: Schedulable, _since: number, now: number): boolean {
    this.#giveOut(now);
    const next = this.#queues.of(who.cpu)[0];
    return next !== undefined && this.#priority(next) <= this.#priority(who);
  }

  yields(who: Schedulable, since: number, now: number): boolean {
    return this.ready(who.cpu) > 0 && now - since >= this.#times.rateLimit;
  }

  ran(who: Schedulable, cycles: number, now: number): void {
    const account = this.#of(who);
    account.credit -= cycles;
    // A tick that falls into its run ends the boost and makes it active (csched_vcpu_acct).
    const {tick} = this.#times;
    if (Math.floor(now / tick) === Math.floor((now - cycles) / tick)) return;
    if (account.priority === BOOST) account.priority = UNDER;
    account.isActive = true;
  }

  #of(who: Schedulable): Account {
    let account = this.#accounts.get(who.id);
    if (account === undefined) {
      account = {credit: 0, priority: UNDER, isActive: false};
      this.#accounts.set(who.id, account);
    }
    return account;
  }

  #priority(who: Schedulable): number {
    return this.#of(who).priority;
  }

  /**
   * A fair share of all CPUs' period for each that is active. No debt is larger than a period; who has saved more than one keeps half
   * and leaves the accounting until it runs again (csched_acct).
   */
  #giveOut(now: number): void {
    const {accounting} = this.#times;
    for (; this.#nextAccounting <= now; this.#nextAccounting += accounting) {
      const active = [...this.#accounts.values()].filter(({isActive}) => isActive);
      const share = (accounting * this.#cpus) / active.length;
      for (const account of active) {
        account.credit = Math.max(account.credit + share, -accounting);
        account.priority = account.credit < 0 ? OVER : UNDER;
        account.isActive = account.credit <= accounting;
        if (!account.isActive) account.credit /= 2;
      }
    }
  }
}
