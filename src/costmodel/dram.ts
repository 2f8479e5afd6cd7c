/**
 * One DRAM channel behind an interconnect, in order: open-page banks, refresh, read–write turnaround. Times are CPU cycles.
 *
 * A request reaches the controller half the uncore time after it leaves the core. Its bank opens the row while other
 * banks' lines are on the channel, which a line holds for `transfer`. (With rows that hold the channel, two random reads at a time would take 9 %
 * longer than tinymembench measures on A20 boards; with rows opened beside it they are within 2 %.) A request that arrives before a refresh is
 * served before it. The counts that a request goes to are those of the core that it comes from.
 */
import type {DramTimings} from './machine.ts';
import {METRIC} from './metrics.ts';

const CLOSED = -1;

export class Dram {
  private readonly openRows: Int32Array;
  /** When each bank's latest line is over. */
  private readonly bankFree: Float64Array;
  private channelFree = 0;
  private nextRefresh: number;
  private writing = false;
  /** When the next line of other masters comes. */
  private nextOther: number;
  private readonly timings: DramTimings;

  constructor(timings: DramTimings) {
    this.timings = timings;
    this.openRows = new Int32Array(timings.banks).fill(CLOSED);
    this.bankFree = new Float64Array(timings.banks);
    this.nextRefresh = timings.refreshInterval;
    this.nextOther = timings.otherInterval;
  }

  /** Nothing is busy beyond `time`. */
  forgetLater(time: number): void {
    this.channelFree = Math.min(this.channelFree, time);
    for (const [bank, free] of this.bankFree.entries()) this.bankFree[bank] = Math.min(free, time);
  }

  /** Reads a line for a request that leaves the core at `time`; returns when its data are back. */
  read(line: number, time: number, counts: Float64Array): number {
    counts[METRIC.dramReads]!++;
    const start = this.transfer(line, time + this.timings.uncore / 2, false, counts);
    return start + this.timings.cas + this.timings.transfer + this.timings.uncore / 2;
  }

  /** Writes a line that is at the controller at `time`; returns when the channel has taken it. */
  write(line: number, time: number, counts: Float64Array): number {
    counts[METRIC.dramWrites]!++;
    return this.transfer(line, time, true, counts) + this.timings.transfer;
  }

  private transfer(line: number, arrival: number, write: boolean, counts: Float64Array): number {
    const {timings} = this;
    if (arrival >= this.nextOther || this.channelFree >= this.nextOther) this.serveOthers(arrival);
    let start = arrival >= this.nextRefresh ? this.refresh(arrival) : arrival;
    const globalRow = Math.floor(line / timings.rowLines);
    const bank = globalRow % timings.banks;
    const row = (globalRow - bank) / timings.banks;
    if (this.bankFree[bank]! > start) start = this.bankFree[bank]!;
    const open = this.openRows[bank];
    if (open === row) counts[METRIC.rowHits]!++;
    else if (open === CLOSED) {
      counts[METRIC.rowEmpty]!++;
      start += timings.activate;
    } else {
      counts[METRIC.rowConflicts]!++;
      start += timings.precharge + timings.activate;
    }
    this.openRows[bank] = row;
    if (this.channelFree > start) start = this.channelFree;
    if (write !== this.writing) {
      counts[METRIC.turnarounds]!++;
      start += timings.turnaround;
      this.writing = write;
    }
    this.channelFree = start + timings.transfer;
    this.bankFree[bank] = this.channelFree;
    return start;
  }

  /** Lines that other masters read at their rate, in their turn: what a request that arrives at `arrival` has before it. */
  private serveOthers(arrival: number): void {
    const {otherInterval, transfer, turnaround} = this.timings;
    // Those behind which the channel was idle again hold nobody up.
    const past = Math.floor((arrival - this.nextOther) / otherInterval) - 1;
    if (past > 0 && this.channelFree <= this.nextOther) {
      this.nextOther += past * otherInterval;
      this.writing = false;
    }
    while (this.nextOther <= (arrival > this.channelFree ? arrival : this.channelFree)) {
      const start = this.channelFree > this.nextOther ? this.channelFree : this.nextOther;
      this.channelFree = start + transfer + (this.writing ? turnaround : 0);
      this.writing = false;
      this.nextOther += otherInterval;
    }
  }

  /** All refreshes due by `time`; only the last can still delay the request. */
  private refresh(time: number): number {
    const {refreshInterval, refreshTime} = this.timings;
    const last = this.nextRefresh + Math.floor((time - this.nextRefresh) / refreshInterval) * refreshInterval;
    this.nextRefresh = last + refreshInterval;
    this.openRows.fill(CLOSED);
    return time > last + refreshTime ? time : last + refreshTime;
  }
}
