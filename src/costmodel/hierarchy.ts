/**
 * L1I, L1D, linefill buffers, prefetcher, store buffer and write streaming of one core, before an {@link Uncore}, in simulated time.
 *
 * Lines enter L1D when they are requested and carry the time at which they will be there in a linefill buffer. What may be
 * under way at once bounds overlap: so many misses of loads and PLDs, so many linefills for stores, and prefetches in the
 * buffers that are left. tinymembench on A20 boards asks for these bounds: two misses (two streams with PLD reach 615 MB/s,
 * not five times one latency), one linefill for stores (223 ns a line when fills do not stream). L2 is filled by L1D's victims and by instruction
 * fetches and keeps its copy on a hit (the A53 and A35 manuals say so of their L2; the A7's text was not available, so both are switches).
 */
import {Cache, DIRTY, PREFETCHED} from './cache.ts';
import {InFlight} from './in-flight.ts';
import {LineGather} from './line-gather.ts';
import type {Machine} from './machine.ts';
import {GUEST, METRIC} from './metrics.ts';
import {Prefetcher} from './prefetcher.ts';
import {Uncore} from './uncore.ts';

const LINE_BYTES_64 = 64;

export class Hierarchy {
  readonly l1i: Cache;
  readonly l1d: Cache;
  readonly uncore: Uncore;
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
  /** Misses of loads and PLDs. */
  private readonly misses: InFlight;
  /** Linefills for stores. */
  private readonly storeFills: InFlight;

  // Stores to the line that a store allocated last merge in pieces: until the line is there, the store buffer holds them.
  private storeLine = -1;
  private storeReady = 0;
  private storePiece = -1;
  private storePieces = 0;

  // Write streaming (read-allocate mode): see Arm FAQ ka16133.
  private streaming = false;
  private readonly gather: LineGather;
  private fullLines = 0;
  private streamedInARow = 0;
  private readonly posted: InFlight;

  /** `uncore`: shared with other cores, or the core's own. */
  constructor(machine: Machine, counts: Float64Array, seed: number, uncore = new Uncore(machine, seed)) {
    this.machine = machine;
    this.uncore = uncore;
    this.counts = counts;
    this.l1i = new Cache(machine.l1i, seed + 1);
    this.l1d = new Cache(machine.l1d, seed + 2);
    this.prefetcher = new Prefetcher(machine);
    this.fillLines = new Int32Array(machine.linefills).fill(-1);
    this.fillReady = new Float64Array(machine.linefills);
    this.misses = new InFlight(machine.demandMisses);
    this.storeFills = new InFlight(machine.storeLinefills);
    this.posted = new InFlight(machine.postedWrites);
    this.gather = new LineGather(machine);
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

  /** A load or PLD misses at `time`. Returns when it may ask for its line: the core waits until then. */
  missTurn(time: number): number {
    return this.waitUntil(this.misses.free(this.waitForLinefill(time)), time, METRIC.stallLinefill);
  }

  /** A load or PLD of a line that L1D lacks, at `time`, its turn. Returns when it will be there. */
  loadMiss(line: number, time: number): number {
    const isGathered = this.streaming && line === this.gather.line;
    if (isGathered) this.leaveStream();
    const ready = this.fill(line, time, GUEST, isGathered ? DIRTY : 0);
    this.misses.begin(ready);
    if (!isGathered && this.prefetcher.miss(line)) this.prefetch(line, time);
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
   * A store of `size` bytes at byte `offset` of a line in L1D, which may still be on its way. Returns the time at which the core goes
   * on.
   */
  storeHit(line: number, slot: number, offset: number, size: number, time: number): number {
    const flags = this.l1d.flags[slot]!;
    if ((flags & PREFETCHED) !== 0) this.counts[METRIC.prefetchUsed]!++;
    this.l1d.flags[slot] = (flags | DIRTY) & ~PREFETCHED;
    if (line === this.gather.line && !this.gather.isFull) this.gatherAllocated(offset, size, time);
    return line === this.storeLine && time < this.storeReady ? this.buffer(offset, size, time) : time;
  }

  /** A store to a line that L1D lacks. Returns the time at which the core goes on. */
  storeMiss(line: number, offset: number, size: number, time: number): number {
    const {gather} = this;
    let now = time;
    if (this.streaming) {
      const gathered = gather.line;
      if (gathered < 0 || (gathered === line && gather.continues(offset))) {
        this.counts[METRIC.streamedStores]!++;
        return this.streamStore(line, offset, size, time);
      }
      now = this.breakStream(time);
      if (gathered === line) return this.storeHit(line, this.l1d.find(line), offset, size, now);
    }
    this.counts[METRIC.allocatedLines]!++;
    if (Math.abs(line - gather.line) !== 1 || !gather.isFull) this.fullLines = 0;
    now = this.allocate(line, now);
    gather.start(line);
    this.gatherAllocated(offset, size, now);
    return this.buffer(offset, size, now);
  }

  /** Asks for a line to store to when it is its turn. Returns the time at which the core goes on. */
  private allocate(line: number, time: number): number {
    const start = this.waitUntil(this.storeFills.free(this.waitForLinefill(time)), time, METRIC.stallStore);
    this.storeReady = this.fill(line, start, GUEST, DIRTY);
    this.storeFills.begin(this.storeReady);
    this.storeLine = line;
    this.storePiece = -1;
    this.storePieces = 0;
    return start;
  }

  /** A store to the line that is on its way for stores. One piece more than the buffer holds waits for the line. */
  private buffer(offset: number, size: number, time: number): number {
    const {mergeBytes, storeBuffer} = this.machine;
    const first = Math.floor(offset / mergeBytes);
    const last = Math.floor((offset + size - 1) / mergeBytes);
    this.storePieces += last - first + (first === this.storePiece ? 0 : 1);
    this.storePiece = last;
    if (this.storePieces <= storeBuffer) return time;
    this.storePieces = 0;
    return this.waitUntil(this.storeReady, time, METRIC.stallStore);
  }

  /** More of a line that was allocated: full before its linefill completes, it counts towards streaming. */
  private gatherAllocated(offset: number, size: number, time: number): void {
    this.gather.add(offset, size);
    if (!this.gather.isFull) return;
    this.fullLines = time < this.storeReady ? this.fullLines + 1 : 0;
    if (this.fullLines >= this.machine.readAllocateEntry) {
      this.streaming = true;
      this.streamedInARow = 0;
      this.gather.start(-1);
    }
  }

  /** A store of a line that is gathered, or is from now on. */
  private streamStore(line: number, offset: number, size: number, time: number): number {
    const {gather} = this;
    if (line !== gather.line) gather.start(line);
    gather.add(offset, size);
    if (!gather.isFull) return time;
    gather.start(-1);
    this.counts[METRIC.streamedLines]!++;
    this.streamedInARow++;
    const slot = this.uncore.l2.find(line);
    if (slot >= 0) this.uncore.l2.flags[slot]! |= DIRTY;
    else if (this.streamedInARow <= this.machine.readAllocateEntryL2) this.insertL2(line, DIRTY, time);
    else return this.post(line, time);
    return time;
  }

  /** Hands a full line to memory; waits when all posted-write entries are taken. */
  private post(line: number, time: number): number {
    const start = this.waitUntil(this.posted.free(time), time, METRIC.stallWrite);
    this.posted.begin(this.uncore.dram.write(line, start, this.counts));
    return start;
  }

  /** The gathered line is not filled in order: it is allocated after all. Returns the time at which the core goes on. */
  private breakStream(time: number): number {
    const {line} = this.gather;
    this.leaveStream();
    if (this.l1d.find(line) >= 0) return time;
    this.counts[METRIC.brokenLines]!++;
    return this.allocate(line, time);
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
    const {l1i, l2} = this.machine;
    const wanted = line >>> (l2.lineBits - l1i.lineBits);
    const slot = this.uncore.l2.find(wanted);
    this.countL2(slot, requester);
    const ready = slot >= 0 ? this.uncore.l2Line(time) : this.uncore.dram.read(wanted, time, this.counts);
    if (slot < 0) this.insertL2(wanted, 0, time);
    return Math.ceil(ready - time);
  }

  private fill(line: number, time: number, requester: number, flags: number): number {
    const start = this.waitForLinefill(time);
    const slot = this.uncore.l2.find(line);
    this.countL2(slot, requester);
    const taken = this.leaveL2(slot);
    const ready = this.forL1d(line, slot, start);
    this.install(line, ready, flags | taken, start);
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
      const slot = this.uncore.l2.find(target);
      if (slot < 0) counts[METRIC.l2PrefetchMisses]!++;
      const taken = this.leaveL2(slot);
      this.install(target, this.forL1d(target, slot, time), PREFETCHED | taken, time);
    }
  }

  private countL2(slot: number, requester: number): void {
    this.counts[METRIC.l2Accesses + requester]!++;
    if (slot < 0) this.counts[METRIC.l2Misses + requester]!++;
    this.fromDram = slot < 0;
  }

  /** L1D takes a line that L2 may hold, at `slot`: an exclusive L2 loses it. Returns the flags that come along. */
  private leaveL2(slot: number): number {
    if (slot < 0 || this.machine.l2KeepsOnHit) return 0;
    const flags = this.uncore.l2.flags[slot]!;
    this.uncore.l2.remove(slot);
    return flags;
  }

  /** A line for L1D, from L2 if that held it, at `slot`, or else from DRAM. Returns when its data reach the core. */
  private forL1d(line: number, slot: number, time: number): number {
    if (slot >= 0) return this.uncore.l2Line(time);
    const ready = this.uncore.dram.read(line, time, this.counts);
    if (this.machine.l2FillsOnMiss) this.insertL2(line, 0, time);
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
    const slot = this.uncore.l2.find(line);
    if (slot >= 0) this.uncore.l2.flags[slot]! |= flags;
    else this.insertL2(line, flags, time);
  }

  private insertL2(line: number, flags: number, time: number): void {
    this.uncore.insert(line, flags, time, this.counts);
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

  /** The core waits, in whole cycles. */
  private waitUntil(free: number, time: number, metric: number): number {
    if (free <= time) return time;
    const wait = Math.ceil(free - time);
    this.counts[metric]! += wait;
    return time + wait;
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
