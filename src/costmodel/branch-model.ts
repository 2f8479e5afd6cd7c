/**
 * Cycles lost to branches between two blocks: two-bit counters indexed by block and global history for conditional
 * branches, a last-target table for indirect ones; returns and direct branches are taken to be predicted.
 */
import {type BlockColumns, CONDITIONAL, INDIRECT} from './block-columns.ts';
import type {Machine} from './machine.ts';
import {METRIC} from './metrics.ts';

const WEAKLY_NOT_TAKEN = 1;

export class BranchModel {
  private history = 0;
  private readonly counters: Uint8Array;
  private readonly targets: Int32Array;
  private readonly machine: Machine;
  private readonly columns: BlockColumns;
  private readonly counts: Float64Array;

  constructor(machine: Machine, columns: BlockColumns, counts: Float64Array) {
    this.machine = machine;
    this.columns = columns;
    this.counts = counts;
    this.counters = new Uint8Array(machine.counterEntries).fill(WEAKLY_NOT_TAKEN);
    this.targets = new Int32Array(machine.counterEntries).fill(-1);
  }

  /** Block `id` follows `previous`. Returns the cycles lost in between. */
  follow(previous: number, id: number): number {
    const {columns, counts, machine} = this;
    const taken = columns.address[id] !== columns.fallThrough[previous];
    const end = columns.end[previous];
    let lost = 0;
    if (taken) {
      counts[METRIC.taken]!++;
      lost = machine.takenBranch;
    }
    const wrong =
      end === CONDITIONAL ? this.conditional(previous, taken) : end === INDIRECT && this.indirect(previous, id);
    if (wrong) {
      counts[METRIC.mispredicted]!++;
      lost = machine.mispredict;
    }
    counts[METRIC.branchCycles]! += lost;
    return lost;
  }

  /** Was the prediction wrong? Learns the outcome. */
  private conditional(block: number, taken: boolean): boolean {
    const {counters, machine} = this;
    this.counts[METRIC.conditional]!++;
    const entry = ((block << machine.historyBits) | this.history) & (counters.length - 1);
    const counter = counters[entry]!;
    counters[entry] = taken ? Math.min(3, counter + 1) : Math.max(0, counter - 1);
    this.history = ((this.history << 1) | (taken ? 1 : 0)) & ((1 << machine.historyBits) - 1);
    return counter >= 2 !== taken;
  }

  private indirect(block: number, target: number): boolean {
    const entry = block & (this.targets.length - 1);
    const wrong = this.targets[entry] !== target;
    this.targets[entry] = target;
    return wrong;
  }
}
