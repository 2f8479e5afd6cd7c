/**
 * L1I, L1D, linefill buffers, prefetcher, write streaming, L2 and DRAM of one core, in simulated time.
 *
 * Lines enter L1D when they are requested and carry the time at which they will be there in a linefill buffer. Overlap
 * follows one rule: a load waits for its own line at the end of its block, so misses of one block overlap, as do
 * prefetches and PLDs, as far as linefill buffers reach. L2 is filled by L1D's victims and by instruction fetches and
 * keeps its copy on a hit (the A53 and A35 manuals say so of their L2; the A7's text was not available).
 */
import {Cache, DIRTY, PREFETCHED} from './cache.ts';
import {Dram} from './dram.ts';
import {LineGather} from './line-gather.ts';
import type {Machine} from './machine.ts';
import {GUEST, METRIC} from './metrics.ts';
import {Prefetcher} from './prefetcher.ts';

const LINE_BYTES_64 = 64;

export class Hierarchy {
  readonly l1i: Cache;
  readonly l1d: Cache;
  readonly l2: Cache;
  readonly dram: Dram;
  /** Counts every change of L1I, so that a block found resident stays so until it changes. */
  instructionGeneration = 0;
  /** No linefill is under way at or after this time. */
  latestReady = 0;
  /** Set by a look-up: did the line come from DRAM? */
  fromDram = false;

  private readonly machine: Machine;
  private readonly counts: Float64Array;
  private readonly prefetcher: Prefetcher;
  private readonly fillLines: Int32Array;
  private readonly fillReady: Float64Array;

  // Write streaming (read-allocate mode): see Arm FAQ ka16133.
  private streaming = false;
  private readonly gather = new LineGather();
  private gatherReady = 0;
  private fullLines = 0;
  private streamedInARow = 0;
  private readonly posted: Float64Array;
  private postedNext = 0;

  constructor(machine: Machine, counts: Float64Array, seed: number) {
    this.machine = machine;
    this.counts = counts;
    this.l1i = new Cache(machine.l1i, seed + 1);
    this.l1d = new Cache(machine.l1d, seed + 2);
    this.l2 = new Cache(machine.l2, seed + 3);
    this.dram = new Dram(machine.dram, counts);
    this.prefetcher = new Prefetcher(machine);
    this.fillLines = new Int32Array(machine.linefills).fill(-1);
    this.fillReady = new Float64Array(machine.linefills);
    this.posted = new Float64Array(machine.postedWrites);
    if (2 ** machine.l1d.lineBits !== LINE_BYTES_64) throw new RangeError('the hierarchy models 64-byte data lines');
  }

  /** When `line`, present in L1D, can be used: `time`, or later while its linefill is under way. */
  readyTime(line: number, time: number): number {
    if (time >= this.latestReady) return time;
    for (let i = 0; i < this.fillLines.length; i++) {
      if (this.fillLines[i] === line && this.fillReady[i]! > time) return this.fillReady[i]!;
    }
    return time;
  }

  /** A load or PLD of a line that L1D lacks, at `time`. Returns when it will be there. */
  loadMiss(line: number, time: number): number {
    if (this.streaming && line === this.gather.line) {
      this.leaveStream();
      return this.fill(line, time, GUEST, DIRTY);
    }
    const ready = this.fill(line, time, GUEST, 0);
    if (this.prefetcher.miss(line)) this.prefetch(line, time);
    return ready;
  }

  /** A load or PLD found a line that the prefetcher brought in; its slot loses the mark and the stream goes on. */
  prefetchedHit(line: number, slot: number, time: number): void {
    const {counts, l1d} = this;
    l1d.flags[slot]! &= ~PREFETCHED;
    counts[METRIC.prefetchUsed]!++;
    if (time < this.latestReady && this.readyTime(line, time) > time) counts[METRIC.prefetchLate]!++;
    if (this.prefetcher.advance(line)) this.prefetch(line, time);
  }

  /**
   * A store of `size` bytes at byte `offset` of a line in L1D, which may still be on its way: the linefill buffer merges it.
   */
  storeHit(line: number, slot: number, offset: number, size: number, time: number): void {
    const flags = this.l1d.flags[slot]!;
    if ((flags & PREFETCHED) !== 0) this.counts[METRIC.prefetchUsed]!++;
    this.l1d.flags[slot] = (flags | DIRTY) & ~PREFETCHED;
    if (line === this.gather.line && !this.gather.isFull) this.gatherAllocated(offset, size, time);
  }

  /** A store to a line that L1D lacks. Returns the time at which the core goes on. */
  storeMiss(line: number, offset: number, size: number, time: number): number {
    const {gather} = this;
    if (this.streaming) {
      if (gather.line === line || gather.line < 0) {
        this.counts[METRIC.streamedStores]!++;
        return this.streamStore(line, offset, size, time);
      }
      this.breakStream(time);
    }
    this.counts[METRIC.allocatedLines]!++;
    if (line !== gather.line + 1 || !gather.isFull) this.fullLines = 0;
    const free = this.waitForLinefill(time);
    if (free > time) this.counts[METRIC.stallLinefill]! += Math.ceil(free - time);
    const start = free > time ? time + Math.ceil(free - time) : time;
    this.gatherReady = this.fill(line, start, GUEST, DIRTY);
    gather.start(line);
    this.gatherAllocated(offset, size, start);
    return start;
  }

  /** More of a line that was allocated: full before its linefill completes, it counts towards streaming. */
  private gatherAllocated(offset: number, size: number, time: number): void {
    this.gather.add(offset, size);
    if (!this.gather.isFull) return;
    this.fullLines = time < this.gatherReady ? this.fullLines + 1 : 0;
    if (this.fullLines >= this.machine.readAllocateEntry) {
      this.streaming = true;
      this.streamedInARow = 0;
      this.gather.start(-1);
    }
  }

  private streamStore(line: number, offset: number, size: number, time: number): number {
    const {gather} = this;
    if (line !== gather.line) gather.start(line);
    gather.add(offset, size);
    if (!gather.isFull) return time;
    gather.start(-1);
    this.counts[METRIC.streamedLines]!++;
    this.streamedInARow++;
    const slot = this.l2.find(line);
    if (slot >= 0) this.l2.flags[slot]! |= DIRTY;
    else if (this.streamedInARow <= this.machine.readAllocateEntryL2) this.insertL2(line, DIRTY, time);
    else return this.post(line, time);
    return time;
  }

  /** Hands a full line to memory; waits when all posted-write entries are taken. */
  private post(line: number, time: number): number {
    const oldest = this.posted[this.postedNext]!;
    let start = time;
    if (oldest > time) {
      const wait = Math.ceil(oldest - time);
      this.counts[METRIC.stallWrite]! += wait;
      start = time + wait;
    }
    this.posted[this.postedNext] = this.dram.write(line, start);
    this.postedNext = (this.postedNext + 1) % this.posted.length;
    return start;
  }

  /** A store goes elsewhere before the gathered line is full: that line is allocated after all. */
  private breakStream(time: number): void {
    const {line} = this.gather;
    this.leaveStream();
    if (this.l1d.find(line) >= 0) return;
    this.counts[METRIC.brokenLines]!++;
    this.fill(line, time, GUEST, DIRTY);
  }

  private leaveStream(): void {
    this.counts[METRIC.streamBreaks]!++;
    this.streaming = false;
    this.fullLines = 0;
    this.gather.start(-1);
  }

  /** Reads a line for the page walker or a hypervisor path, which wait for it. Returns the cycles waited. */
  access(line: number, time: number, requester: number, write: boolean): number {
    this.counts[METRIC.l1dAccesses + requester]!++;
    const slot = this.l1d.find(line);
    this.fromDram = false;
    if (slot >= 0) {
      if (write) this.l1d.flags[slot]! |= DIRTY;
      const ready = this.readyTime(line, time);
      return ready > time ? Math.ceil(ready - time) : 0;
    }
    this.counts[METRIC.l1dMisses + requester]!++;
    return Math.ceil(this.fill(line, time, requester, write ? DIRTY : 0) - time);
  }

  /** An instruction line (32 bytes, `line` in those units) for `requester`. Returns the cycles waited. */
  fetch(line: number, time: number, requester: number): number {
    if (this.l1i.find(line) >= 0) return 0;
    this.counts[METRIC.l1iMisses + requester]!++;
    this.instructionGeneration++;
    this.l1i.insert(line, 0);
    const shift = this.machine.l2.lineBits - this.machine.l1i.lineBits;
    const ready = this.fromL2(line >>> shift, time, requester, true);
    return Math.ceil(ready - time);
  }

  private fill(line: number, time: number, requester: number, flags: number): number {
    const start = this.waitForLinefill(time);
    const ready = this.fromL2(line, start, requester, false);
    this.install(line, ready, flags, start);
    return ready;
  }

  private prefetch(line: number, time: number): void {
    const {prefetcher, machine, counts} = this;
    const stride = prefetcher.stride;
    for (let ahead = 1; ahead <= machine.prefetchDepth; ahead++) {
      const target = line + ahead * stride;
      if (!prefetcher.samePage(target, line)) return;
      if (this.l1d.find(target) >= 0) continue;
      if (this.freeLinefills(time) <= 1) return;
      counts[METRIC.prefetchIssued]!++;
      counts[METRIC.l2PrefetchAccesses]!++;
      const slot = this.l2.find(target);
      let ready = time + machine.l2Hit;
      if (slot < 0) {
        counts[METRIC.l2PrefetchMisses]!++;
        ready = this.dram.read(target, time);
      }
      this.install(target, ready, PREFETCHED, time);
    }
  }

  /** Looks `line` up in L2 and DRAM; returns when its data reach the core. */
  private fromL2(line: number, time: number, requester: number, keep: boolean): number {
    this.counts[METRIC.l2Accesses + requester]!++;
    this.fromDram = false;
    if (this.l2.find(line) >= 0) return time + this.machine.l2Hit;
    this.counts[METRIC.l2Misses + requester]!++;
    this.fromDram = true;
    const ready = this.dram.read(line, time);
    if (keep) this.insertL2(line, 0, time);
    return ready;
  }

  private install(line: number, ready: number, flags: number, time: number): void {
    const {l1d} = this;
    l1d.insert(line, flags);
    if (l1d.victimLine >= 0) {
      if ((l1d.victimFlags & PREFETCHED) !== 0) this.counts[METRIC.prefetchUseless]!++;
      this.toL2(l1d.victimLine, l1d.victimFlags & DIRTY, time);
    }
    if (ready > time) this.occupyLinefill(line, ready, time);
  }

  private toL2(line: number, flags: number, time: number): void {
    const slot = this.l2.find(line);
    if (slot >= 0) this.l2.flags[slot]! |= flags;
    else this.insertL2(line, flags, time);
  }

  private insertL2(line: number, flags: number, time: number): void {
    this.l2.insert(line, flags);
    if (this.l2.victimLine >= 0 && (this.l2.victimFlags & DIRTY) !== 0) this.dram.write(this.l2.victimLine, time);
  }

  private occupyLinefill(line: number, ready: number, time: number): void {
    for (let i = 0; i < this.fillLines.length; i++) {
      if (this.fillReady[i]! <= time) {
        this.fillLines[i] = line;
        this.fillReady[i] = ready;
        break;
      }
    }
    if (ready > this.latestReady) this.latestReady = ready;
  }

  private freeLinefills(time: number): number {
    let free = 0;
    for (let i = 0; i < this.fillReady.length; i++) if (this.fillReady[i]! <= time) free++;
    return free;
  }

  /** The earliest time from `time` on at which a linefill buffer is free. */
  private waitForLinefill(time: number): number {
    if (time >= this.latestReady) return time;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.fillReady.length; i++) {
      const ready = this.fillReady[i]!;
      if (ready <= time) return time;
      if (ready < earliest) earliest = ready;
    }
    return earliest;
  }
}
