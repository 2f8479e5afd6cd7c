/**
 * What of one vCPU happened before what of another, where the one waited for the other: the end of a wait, a WFE that an event
 * kept from waiting, and exclusive accesses to the same granule. Plain accesses in a loop that polls have no edge: nothing marks them.
 */

/** Bytes that an exclusive reservation covers: CTR.ERG of a Cortex-A7. */
const GRANULE = 64;

/** Where edges begin and end. */
export interface EdgePort {
  /** The number, from 0, of an edge that begins behind all that the vCPU has executed. */
  release(cpu: number): number;
  acquire(cpu: number, edge: number): void;
  /** Executed by the vCPU so far. */
  executed(cpu: number): number;
}

/** The first thing of a vCPU that may end the wait of another, and whether there were more. */
interface Wake {
  readonly edge: number;
  hasMore: boolean;
}

export class Edges {
  readonly #port: EdgePort;
  /** By vCPU, for each other one, what its next end of a wait, or interrupt, is behind. */
  readonly #wakes: readonly Map<number, Wake>[];
  /** By vCPU those whose events its next WFE will find. */
  readonly #signals: readonly Set<number>[];
  /** By granule the vCPU of the last exclusive access. */
  readonly #owners = new Map<number, number>();
  /** By vCPU, for each other one, what it had executed at the last edge to that. */
  readonly #sent: readonly number[][];

  constructor(cpus: number, port: EdgePort) {
    this.#port = port;
    this.#wakes = Array.from({length: cpus}, () => new Map<number, Wake>());
    this.#signals = Array.from({length: cpus}, () => new Set<number>());
    this.#sent = Array.from({length: cpus}, () => new Array<number>(cpus).fill(-1));
  }

  /** Does what may end the wait of another. */
  wake(from: number, to: number): void {
    if (from === to) return;
    const first = this.#wakes[to]!.get(from);
    if (first === undefined) this.#wakes[to]!.set(from, {edge: this.#begin(from, to), hasMore: false});
    else first.hasMore = true;
  }

  /** A wait ended, or an interrupt is taken. Of a bunch of reasons from one vCPU the first has an edge, and all that it has done until now. */
  woken(cpu: number): void {
    for (const [from, {edge, hasMore}] of this.#wakes[cpu]!) {
      this.#port.acquire(cpu, edge);
      if (hasMore) this.#follow(from, cpu);
    }
    this.#wakes[cpu]!.clear();
  }

  /** Sets the event register of one that does not wait for it. */
  signal(from: number, to: number): void {
    if (from !== to) this.#signals[to]!.add(from);
  }

  /** Executes WFE, which does not wait when others have set the event register. */
  takeEvent(cpu: number): void {
    for (const from of this.#signals[cpu]!) this.#follow(from, cpu);
    this.#signals[cpu]!.clear();
  }

  exclusive(cpu: number, address: number): void {
    const granule = Math.floor(address / GRANULE);
    const owner = this.#owners.get(granule);
    this.#owners.set(granule, cpu);
    if (owner !== undefined && owner !== cpu) this.#follow(owner, cpu);
  }

  /** Starts another vCPU. */
  start(from: number, to: number): void {
    if (from !== to) this.#port.acquire(to, this.#begin(from, to));
  }

  /** What `to` does now is behind all that `from` has executed, if no edge says so yet. */
  #follow(from: number, to: number): void {
    if (this.#port.executed(from) > this.#sent[from]![to]!) this.#port.acquire(to, this.#begin(from, to));
  }

  #begin(from: number, to: number): number {
    this.#sent[from]![to] = this.#port.executed(from);
    return this.#port.release(from);
  }
}
