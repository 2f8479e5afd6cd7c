/**
 * Who had a lock, who waited for it, and who had a host CPU meanwhile, from a schedule of vCPUs that hand one lock to and fro. A trace does not
 * name locks: a hand-over is where one vCPU comes to what another waited for in WFE when it was recorded, and from there on the lock is the
 * other's, whether that runs or not, as a ticket lock's is. Other waits in WFE are taken for hand-overs too.
 */
import type {VcpuState} from '../schedule/accounts.ts';
import type {ScheduleObserver} from '../schedule/options.ts';

export type {VcpuState};

export const LOCK_ROLES = ['has', 'waits', 'none'] as const;
/** What a vCPU has to do with the lock. */
export type LockRole = (typeof LOCK_ROLES)[number];

/** Cycles of the host's clock. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export interface LockInterval extends Span {
  readonly vcpu: number;
  readonly role: LockRole;
  readonly state: VcpuState;
}

export interface HandOver {
  readonly by: number;
  readonly to: number;
  /** When it was given. */
  readonly given: number;
  /** When the other went on with it. */
  readonly taken: number;
}

/** Somebody else had a host CPU. */
export interface OtherRun extends Span {
  readonly who: string;
}

const within = ({from, to}: Span, at: number): boolean => from <= at && at < to;

export class LockWatch implements ScheduleObserver {
  readonly #released = new Map<number, {readonly by: number; readonly at: number}>();
  readonly #handOvers: HandOver[] = [];
  readonly #states: (Span & {readonly vcpu: number; readonly state: VcpuState})[] = [];
  /** In WFE, by vCPU. */
  readonly #waits: (Span & {readonly vcpu: number})[] = [];
  readonly #others: OtherRun[] = [];
  #began = Number.POSITIVE_INFINITY;

  /** Of the measured part, in the order in which they were given. */
  get handOvers(): readonly HandOver[] {
    return this.#handOvers.filter(({given}) => given >= this.#began).toSorted((a, b) => a.given - b.given);
  }

  /** How many vCPUs have gone on with the lock since the measurement began. */
  get taken(): number {
    return this.#handOvers.length;
  }

  ran(_: number, who: string, from: number, to: number): void {
    if (!who.startsWith('vCPU ')) this.#others.push({who, from, to});
  }

  path(): void {}

  waited(vcpu: number, what: string, from: number, to: number): void {
    if (what === 'event') this.#waits.push({vcpu, from, to});
  }

  was(vcpu: number, state: VcpuState, from: number, to: number): void {
    if (to > from) this.#states.push({vcpu, state, from, to});
  }

  released(by: number, edge: number, at: number): void {
    this.#released.set(edge, {by, at});
  }

  passed(to: number, kind: string, edges: readonly number[], taken: number): void {
    const found = edges.map((edge) => this.#released.get(edge)!).toSorted((a, b) => a.at - b.at);
    for (const edge of edges) this.#released.delete(edge);
    // The others are of the order in which tickets were taken.
    const {by, at: given} = found.at(-1)!;
    if (kind === 'event' && taken >= this.#began) this.#handOvers.push({by, to, given, taken});
  }

  began(at: number): void {
    this.#began = at;
  }

  /** Everybody else's runs, cut to the window. */
  othersIn(window: Span): readonly OtherRun[] {
    return this.#others.map((one) => cut(one, window)).filter(({from, to}) => to > from);
  }

  /** All vCPUs, cut to the window; pieces that differ in nothing are one. */
  intervalsIn(window: Span): readonly LockInterval[] {
    const handOvers = this.handOvers;
    const owned = handOvers.map(({to, given}) => ({
      vcpu: to,
      from: given,
      to: handOvers.find((next) => next.by === to && next.given > given)?.given ?? Number.POSITIVE_INFINITY,
    }));
    const bounds = [...owned, ...this.#waits].flatMap(({vcpu, from, to}) => [
      {vcpu, at: from},
      {vcpu, at: to},
    ]);
    const roleOf = (vcpu: number, at: number): LockRole => {
      const isIn = (one: Span & {readonly vcpu: number}): boolean => one.vcpu === vcpu && within(one, at);
      if (owned.some(isIn)) return 'has';
      return this.#waits.some(isIn) ? 'waits' : 'none';
    };
    return this.#states
      .map((one) => cut(one, window))
      .filter(({from, to}) => to > from)
      .flatMap(({vcpu, state, from, to}) => {
        const inside = bounds.filter((one) => one.vcpu === vcpu && from < one.at && one.at < to).map(({at}) => at);
        const cuts = [...new Set([from, ...inside, to])].sort((a, b) => a - b);
        return cuts.slice(1).map((end, i) => ({vcpu, state, role: roleOf(vcpu, cuts[i]!), from: cuts[i]!, to: end}));
      })
      .reduce<LockInterval[]>((joined, one) => {
        const last = joined.findLast(({vcpu}) => vcpu === one.vcpu);
        const isSame = last?.to === one.from && last.role === one.role && last.state === one.state;
        if (isSame) joined[joined.indexOf(last)] = {...last, to: one.to};
        else joined.push(one);
        return joined;
      }, []);
  }
}

const cut = <T extends Span>(one: T, {from, to}: Span): T => ({
  ...one,
  from: Math.max(one.from, from),
  to: Math.min(one.to, to),
});
