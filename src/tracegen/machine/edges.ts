/**
 * What of one vCPU happened before what of another, where the one waited for the other: the end of a wait, and exclusive
 * accesses to the same granule. Plain accesses in a loop that polls have no edge: nothing marks them.
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

export class Edges {
  readonly #port: EdgePort;
  /** By vCPU the edges that its next end of a wait, or interrupt, is behind. */
  readonly #wakes: readonly number[][];
  /** By granule the vCPU of the last exclusive access. */
  readonly #owners = new Map<number, number>();
  /** By vCPU, for each other one, what it had executed at the last edge to that. */
  readonly #sent: readonly number[][];

  constructor(cpus: number, port: EdgePort) {
    this.#port = port;
    this.#wakes = Array.from({length: cpus}, () => []);
    this.#sent = Array.from({length: cpus}, () => new Array<number>(cpus).fill(-1));
  }

  /** Does what may end the wait of another. */
  wake(from: number, to: number): void {
    if (from !== to) this.#wakes[to]!.push(this.#begin(from, to));
  }

  /** A wait ended, or an interrupt is taken. */
  woken(cpu: number): void {
    for (const edge of this.#wakes[cpu]!.splice(0)) this.#port.acquire(cpu, edge);
  }

  exclusive(cpu: number, address: number): void {
    const granule = Math.floor(address / GRANULE);
    const owner = this.#owners.get(granule);
    this.#owners.set(granule, cpu);
    if (owner === undefined || owner === cpu) return;
    if (this.#port.executed(owner) > this.#sent[owner]![cpu]!) this.#port.acquire(cpu, this.#begin(owner, cpu));
  }

  /** Starts another vCPU. */
  start(from: number, to: number): void {
    if (from !== to) this.#port.acquire(to, this.#begin(from, to));
  }

  #begin(from: number, to: number): number {
    this.#sent[from]![to] = this.#port.executed(from);
    return this.#port.release(from);
  }
}
