/**
 * One DRAM channel behind an interconnect, in order: open-page banks, refresh, read–write turnaround. Times are CPU cycles.
 *
 * A request reaches the controller half the uncore time after it leaves the core; row changes and transfers hold the
 * channel, so they cost bandwidth as well as latency. That the A20's controller does not overlap an activation with
 * another bank's transfer is an assumption (it is undocumented).
 */
import type {DramTimings} from './machine.ts';
import {METRIC} from './metrics.ts';

const CLOSED = -1;

export class Dram {
  private readonly openRows: Int32Array;
  private channelFree = 0;
  private nextRefresh: number;
  private writing = false;
  private readonly timings: DramTimings;
  private readonly counts: Float64Array;

  constructor(timings: DramTimings, counts: Float64Array) {
    this.timings = timings;
    this.counts = counts;
    this.openRows = new Int32Array(timings.banks).fill(CLOSED);
    this.nextRefresh = timings.refreshInterval;
  }

  /** Reads a line for a request that leaves the core at `time`; returns when its data are back. */
  read(line: number, time: number): number {
    this.counts[METRIC.dramReads]!++;
    const start = this.transfer(line, time + this.timings.uncore / 2, false);
    return start + this.timings.cas + this.timings.transfer + this.timings.uncore / 2;
  }

  /** Writes a line that is at the controller at `time`; returns when the channel has taken it. */
  write(line: number, time: number): number {
    this.counts[METRIC.dramWrites]!++;
    return this.transfer(line, time, true) + this.timings.transfer;
  }

  private transfer(line: number, arrival: number, write: boolean): number {
    const {timings, counts} = this;
    let start = arrival > this.channelFree ? arrival : this.channelFree;
    if (start >= this.nextRefresh) start = this.refresh(start);
    const globalRow = Math.floor(line / timings.rowLines);
    const bank = globalRow % timings.banks;
    const row = (globalRow - bank) / timings.banks;
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
    if (write !== this.writing) {
      counts[METRIC.turnarounds]!++;
      start += timings.turnaround;
      this.writing = write;
    }
    this.channelFree = start + timings.transfer;
    return start;
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
