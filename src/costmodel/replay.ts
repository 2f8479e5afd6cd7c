/**
 * Replay: one vCPU's records through one system under test, in simulated time. Yields {@link Counts}, never seconds.
 *
 * Time enters because order matters: what the hypervisor does between two instructions evicts lines, misses overlap as
 * far as buffers reach, and prefetches race the loads that want them. The running time uses the machine file's and the
 * calibration's current values; a result says so in its provenance.
 */
import type {Block, BlockTable} from '../trace/blocks.ts';
import {
  EVENT_FLAG,
  EVENT_ID,
  eventKind,
  eventPayload,
  MARKER_ID,
  PREFETCH,
  READ,
  recordAccesses,
  recordBlock,
  WRITE,
} from '../trace/records.ts';
import type {TraceChunk} from '../trace/source.ts';
import {PREFETCHED} from './cache.ts';
import type {TouchedActivity} from './footprint.ts';
import {Hierarchy} from './hierarchy.ts';
import type {Machine} from './machine.ts';
import {METRIC, newCounts, PATH} from './metrics.ts';
import {PipelineModel} from './pipeline.ts';
import {type AddressSpace, Translation} from './translation.ts';

const PAGE_BITS = 12;
const MICRO_INDEX_MASK = 1023;

/** What one activity did during the measured part of a replay. */
export interface ActivityCounts {
  readonly id: string;
  executions: number;
  /** Cycles that its paths waited for lines, translations included. */
  stallCycles: number;
  instructionMisses: number;
  dataMisses: number;
  dramReads: number;
}

export interface Counts {
  /** By {@link METRIC}: the guest, and caches and memory on behalf of anyone. */
  readonly metrics: Float64Array;
  readonly activities: readonly ActivityCounts[];
  /** Simulated cycles from the `begin` marker to the `end` marker, activities included. */
  readonly elapsed: number;
}

/** An activity with what replay must know of its price: how long one execution keeps the CPU, waits excluded. */
export interface TimedActivity extends TouchedActivity {
  readonly ratePerSecond: number;
  readonly executionCycles: number;
}

export interface ReplayOptions {
  readonly machine: Machine;
  readonly space: AddressSpace;
  readonly blocks: BlockTable;
  readonly activities: readonly TimedActivity[];
  /** Multiplies the pipeline's cycles: what the original binary takes beyond ours (calibrated on the native run). */
  readonly pipelineScale: number;
  readonly seed: number;
}

/** A small fully associative TLB with round-robin replacement, found through a direct-mapped hint. */
class MicroTlb {
  readonly pages: Int32Array;
  readonly frames: Int32Array;
  readonly hint = new Uint8Array(MICRO_INDEX_MASK + 1);
  private next = 0;

  constructor(entries: number) {
    this.pages = new Int32Array(entries).fill(-1);
    this.frames = new Int32Array(entries);
  }

  /** Slot that holds `page`, or -1. */
  find(page: number): number {
    const slot = this.hint[page & MICRO_INDEX_MASK] as number;
    if (this.pages[slot] === page) return slot;
    for (let i = 0; i < this.pages.length; i++) {
      if (this.pages[i] === page) {
        this.hint[page & MICRO_INDEX_MASK] = i;
        return i;
      }
    }
    return -1;
  }

  insert(page: number, frame: number): number {
    const slot = this.next;
    this.next = (slot + 1) % this.pages.length;
    this.pages[slot] = page;
    this.frames[slot] = frame;
    this.hint[page & MICRO_INDEX_MASK] = slot;
    return slot;
  }

  flush(): void {
    this.pages.fill(-1);
  }
}

/** Per block, what the loop needs, as columns. */
class BlockColumns {
  instructions = new Int32Array(1024);
  firstLine = new Int32Array(1024);
  lastLine = new Int32Array(1024);
  /** Instruction generation at which all its lines were last seen in L1I, -1 for never. */
  seen = new Float64Array(1024).fill(-1);
  /** 1 conditional, 2 indirect, 0 any other end. */
  end = new Uint8Array(1024);
  fallThrough = new Uint32Array(1024);
  address = new Uint32Array(1024);
  known = 0;

  learn(blocks: BlockTable, lineBits: number): void {
    if (blocks.length > this.instructions.length) this.grow(blocks.length);
    for (; this.known < blocks.length; this.known++) this.add(blocks[this.known] as Block, lineBits);
  }

  private add(block: Block, lineBits: number): void {
    const {id} = block;
    this.instructions[id] = block.instructions.length;
    this.firstLine[id] = block.address >>> lineBits;
    this.lastLine[id] = (block.address + block.size - 1) >>> lineBits;
    this.address[id] = block.address;
    this.fallThrough[id] = block.address + block.size;
    this.end[id] = block.end === 'conditional' ? 1 : block.end === 'indirect' ? 2 : 0;
  }

  private grow(length: number): void {
    const size = 2 ** Math.ceil(Math.log2(length));
    const copy = <T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.instructions = copy(this.instructions, new Int32Array(size));
    this.firstLine = copy(this.firstLine, new Int32Array(size));
    this.lastLine = copy(this.lastLine, new Int32Array(size));
    this.seen = copy(this.seen, new Float64Array(size).fill(-1));
    this.end = copy(this.end, new Uint8Array(size));
    this.fallThrough = copy(this.fallThrough, new Uint32Array(size));
    this.address = copy(this.address, new Uint32Array(size));
  }
}

export class Replay {
  private readonly options: ReplayOptions;
  private readonly counts = newCounts();
  private readonly hierarchy: Hierarchy;
  private readonly translation: Translation;
  private readonly pipeline: PipelineModel;
  private readonly columns = new BlockColumns();
  private readonly dataTlb: MicroTlb;
  private readonly instructionTlb: MicroTlb;
  private readonly activities: {timed: TimedActivity; next: number; period: number; counts: ActivityCounts}[];
  private nextActivity = Number.POSITIVE_INFINITY;
  private previous = -1;
  private history = 0;
  private readonly counters: Uint8Array;
  private readonly targets: Int32Array;
  private now = 0;
  private begin = 0;
  private begun = false;
  private measured: Counts | undefined;

  constructor(options: ReplayOptions) {
    const {machine, space, blocks, seed} = options;
    this.options = options;
    this.hierarchy = new Hierarchy(machine, this.counts, seed);
    this.translation = new Translation(machine, this.hierarchy, space, this.counts);
    this.pipeline = new PipelineModel(machine, blocks);
    this.dataTlb = new MicroTlb(machine.microTlbEntries);
    this.instructionTlb = new MicroTlb(machine.microTlbEntries);
    this.counters = new Uint8Array(machine.counterEntries).fill(1);
    this.targets = new Int32Array(machine.counterEntries).fill(-1);
    this.activities = options.activities
      .filter((timed) => timed.ratePerSecond > 0)
      .map((timed, i, all) => {
        const period = machine.clockHz / timed.ratePerSecond;
        // Spread over a period, so that no two regular activities coincide by construction.
        return {timed, period, next: (period * (i + 1)) / (all.length + 1), counts: emptyActivity(timed.activity.id)};
      });
    this.prime();
    this.scheduleNext();
  }

  /** A machine that has run for long has executed every activity before: their lines are wherever the guest leaves them. */
  private prime(): void {
    for (const {timed, counts} of this.activities) this.run(timed, counts);
    for (const activity of this.activities) activity.next += this.now;
  }

  /** Replays whole records. Chunks behind the `end` marker change nothing. */
  consume(chunk: TraceChunk): void {
    const {words, length} = chunk;
    this.columns.learn(this.options.blocks, this.options.machine.l1i.lineBits);
    for (let i = 0; i < length; ) {
      const word = words[i]!;
      if (word >= EVENT_FLAG) {
        if (eventKind(word) === EVENT_ID.marker) this.marker(words[i + 1]!);
        i += 1 + eventPayload(word);
        continue;
      }
      i = this.block(words, i, recordBlock(word), recordAccesses(word));
    }
  }

  /** Counts between the markers, or of the whole trace if it has none. @throws Error when `begin` has no `end`. */
  get result(): Counts {
    if (this.measured) return this.measured;
    if (this.begun)
      throw new Error('the trace ends before its `end` marker: it is truncated or the guest stopped early');
    return this.snapshot();
  }

  private snapshot(): Counts {
    return {
      metrics: this.counts.slice(),
      activities: this.activities.map((a) => ({...a.counts})),
      elapsed: this.now - this.begin,
    };
  }

  private marker(marker: number): void {
    if (marker === MARKER_ID.begin) {
      this.counts.fill(0);
      for (const activity of this.activities) activity.counts = emptyActivity(activity.timed.activity.id);
      this.begin = this.now;
      this.begun = true;
    } else if (marker === MARKER_ID.end) {
      this.measured = this.snapshot();
    }
  }

  private block(words: Uint32Array, start: number, id: number, accesses: number): number {
    const {counts, columns, hierarchy} = this;
    if (this.now >= this.nextActivity) this.runActivities();
    counts[METRIC.blocks]!++;
    counts[METRIC.instructions]! += columns.instructions[id]!;
    if (this.previous >= 0) this.branch(this.previous, id);
    const lines = columns.lastLine[id]! - columns.firstLine[id]! + 1;
    counts[METRIC.l1iAccesses]! += lines;
    if (columns.seen[id] !== hierarchy.instructionGeneration) this.fetch(id);

    let now = this.now;
    let loadsReady = 0;
    let fromDram = false;
    let late = false;
    let i = start + 1;
    for (let n = 0; n < accesses; n++, i += 2) {
      const address = words[i]!;
      const meta = words[i + 1]!;
      const kind = (meta >>> 8) & 7;
      const size = meta & 0xff;
      if (kind === READ) counts[METRIC.reads]!++;
      else if (kind === WRITE) counts[METRIC.writes]!++;
      else counts[METRIC.prefetches]!++;
      const last = (address + size - 1) >>> 6;
      for (let line = address >>> 6; line <= last; line++) {
        const page = line >>> 6;
        let slot = this.dataTlb.find(page);
        if (slot < 0) {
          this.now = now;
          slot = this.microMiss(this.dataTlb, page * 4096, METRIC.microDataMisses);
          now = this.now;
        }
        const physical = this.dataTlb.frames[slot]! * 64 + (line & 63);
        counts[METRIC.l1dAccesses]!++;
        const found = hierarchy.l1d.find(physical);
        if (kind === WRITE) {
          const bytes = Math.min(address + size, (line + 1) * 64) - Math.max(address, line * 64);
          if (found >= 0) hierarchy.storeHit(physical, found, bytes, now);
          else {
            counts[METRIC.l1dMisses]!++;
            now = hierarchy.storeMiss(physical, bytes, now);
          }
          continue;
        }
        let ready: number;
        if (found >= 0) {
          const wasPrefetched = (hierarchy.l1d.flags[found]! & PREFETCHED) !== 0;
          ready = now < hierarchy.latestReady ? hierarchy.readyTime(physical, now) : now;
          if (wasPrefetched) hierarchy.prefetchedHit(physical, found, now);
          if (ready > loadsReady && kind !== PREFETCH) {
            loadsReady = ready;
            late = true;
          }
        } else {
          counts[METRIC.l1dMisses]!++;
          ready = hierarchy.loadMiss(physical, now);
          if (ready > loadsReady && kind !== PREFETCH) {
            loadsReady = ready;
            late = false;
            fromDram = hierarchy.fromDram;
          }
        }
      }
    }
    const cycles = this.pipeline.cycles(this.previous, id);
    counts[METRIC.pipelineCycles]! += cycles;
    if (loadsReady > now) {
      const stall = Math.ceil(loadsReady - now);
      counts[late ? METRIC.stallLatePrefetch : fromDram ? METRIC.stallDram : METRIC.stallL2]! += stall;
      now += stall;
    }
    this.now = now + cycles * this.options.pipelineScale;
    this.previous = id;
    return i;
  }

  private microMiss(tlb: MicroTlb, virtual: number, metric: number): number {
    this.counts[metric]!++;
    const frame = this.translation.translate(virtual, this.now);
    this.now += this.translation.cycles;
    return tlb.insert(virtual >>> PAGE_BITS, frame);
  }

  /** Instruction lines of a block that may not all be in L1I. */
  private fetch(id: number): void {
    const {columns, hierarchy, counts} = this;
    const lineBits = this.options.machine.l1i.lineBits;
    const perPage = PAGE_BITS - lineBits;
    for (let line = columns.firstLine[id]!; line <= columns.lastLine[id]!; line++) {
      const page = line >>> perPage;
      let slot = this.instructionTlb.find(page);
      if (slot < 0) {
        slot = this.microMiss(this.instructionTlb, page * 4096, METRIC.microInstructionMisses);
        hierarchy.instructionGeneration++;
      }
      const physical = this.instructionTlb.frames[slot]! * 2 ** perPage + (line & (2 ** perPage - 1));
      const wait = hierarchy.fetch(physical, this.now, 0);
      counts[METRIC.stallFetch]! += wait;
      this.now += wait;
    }
    columns.seen[id] = hierarchy.instructionGeneration;
  }

  private branch(previous: number, id: number): void {
    const {columns, counts, counters, options} = this;
    const {machine} = options;
    const taken = columns.address[id] !== columns.fallThrough[previous];
    let lost = 0;
    if (taken) {
      counts[METRIC.taken]!++;
      lost = machine.takenBranch;
    }
    const end = columns.end[previous];
    if (end === 1) {
      counts[METRIC.conditional]!++;
      const entry = ((previous << machine.historyBits) | this.history) % counters.length;
      const counter = counters[entry]!;
      if (counter >= 2 !== taken) {
        counts[METRIC.mispredicted]!++;
        lost = machine.mispredict;
      }
      counters[entry] = taken ? Math.min(3, counter + 1) : Math.max(0, counter - 1);
      this.history = ((this.history << 1) | (taken ? 1 : 0)) & ((1 << machine.historyBits) - 1);
    } else if (end === 2) {
      const entry = previous % this.targets.length;
      if (this.targets[entry] !== id) {
        counts[METRIC.mispredicted]!++;
        lost = machine.mispredict;
        this.targets[entry] = id;
      }
    }
    counts[METRIC.branchCycles]! += lost;
    this.now += lost;
  }

  private scheduleNext(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const activity of this.activities) if (activity.next < next) next = activity.next;
    this.nextActivity = next;
  }

  private runActivities(): void {
    for (const activity of this.activities) {
      if (activity.next > this.now) continue;
      activity.next += activity.period;
      this.run(activity.timed, activity.counts);
    }
    this.scheduleNext();
  }

  /** Touches every line of an activity's paths and lets its own time pass. */
  private run(timed: TimedActivity, counts: ActivityCounts): void {
    const {hierarchy, translation, options} = this;
    const {counts: metrics} = this;
    const before = {
      i: metrics[METRIC.l1iMisses + PATH]!,
      d: metrics[METRIC.l1dMisses + PATH]!,
      m: metrics[METRIC.dramReads]!,
    };
    const start = this.now;
    this.dataTlb.flush();
    this.instructionTlb.flush();
    hierarchy.instructionGeneration++;
    const linesPerPage = 2 ** (PAGE_BITS - options.machine.l1d.lineBits);
    for (const path of timed.paths) {
      for (const page of path.pages) {
        // The path's own table: one 8-byte descriptor a page, in the page below its image.
        const table = (page - (page % 512)) * linesPerPage + ((page % 512) >>> 3);
        this.now += translation.touchHypervisorPage(page, table, this.now);
      }
      for (const line of path.codeLines) this.now += hierarchy.fetch(line, this.now, PATH);
      for (const line of path.dataLines) this.now += hierarchy.access(line, this.now, PATH, true);
    }
    counts.executions++;
    counts.stallCycles += this.now - start;
    counts.instructionMisses += metrics[METRIC.l1iMisses + PATH]! - before.i;
    counts.dataMisses += metrics[METRIC.l1dMisses + PATH]! - before.d;
    counts.dramReads += metrics[METRIC.dramReads]! - before.m;
    this.now += timed.executionCycles;
    this.previous = -1;
  }
}

const emptyActivity = (id: string): ActivityCounts => ({
  id,
  executions: 0,
  stallCycles: 0,
  instructionMisses: 0,
  dataMisses: 0,
  dramReads: 0,
});
