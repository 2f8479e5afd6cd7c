/** What the cores of a cluster share: L2 and the DRAM behind it. What a core does there is counted with the core. */
import {Cache, DIRTY} from './cache.ts';
import {Dram} from './dram.ts';
import type {Machine} from './machine.ts';

export class Uncore {
  readonly l2: Cache;
  readonly dram: Dram;
  private l2Free = 0;
  private readonly machine: Machine;

  constructor(machine: Machine, seed: number) {
    this.machine = machine;
    this.l2 = new Cache(machine.l2, seed + 3);
    this.dram = new Dram(machine.dram);
  }

  /** L2 has the line; it hands one over at a time. Returns when its data reach the core. */
  l2Line(time: number): number {
    const start = time > this.l2Free ? time : this.l2Free;
    this.l2Free = start + this.machine.l2Line;
    return start + this.machine.l2Hit;
  }

  /** Nothing is busy beyond `time`. */
  forgetLater(time: number): void {
    this.l2Free = Math.min(this.l2Free, time);
    this.dram.forgetLater(time);
  }

  /** Puts a line in that L2 lacks. */
  insert(line: number, flags: number, time: number, counts: Float64Array): void {
    this.l2.insert(line, flags);
    if (this.l2.victimLine >= 0 && (this.l2.victimFlags & DIRTY) !== 0)
      this.dram.write(this.l2.victimLine, time, counts);
  }
}
