/**
 * Replay: one vCPU's records through one system under test, in simulated time. Yields {@link Counts}, never seconds.
 *
 * Time enters because order matters: what the hypervisor does between two instructions evicts lines, misses overlap as
 * far as buffers reach, and prefetches race the loads that want them. The running time uses the machine file's and the
 * calibration's current values; a result says so in its provenance.
 */
import type {BlockTable} from '../trace/blocks.ts';
import {EVENT_ID, MARKER_ID} from '../trace/events.ts';
import {
  accessSlot,
  EVENT_FLAG,
  eventKind,
  eventPayload,
  PREFETCH,
  READ,
  recordAccesses,
  recordBlock,
  WRITE,
} from '../trace/records.ts';
import type {TraceChunk} from '../trace/source.ts';
import {BlockColumns} from './block-columns.ts';
import {BranchModel} from './branch-model.ts';
import {brokenAt} from './broken-trace.ts';
import {PREFETCHED} from './cache.ts';
import {UNUSED} from './first-use.ts';
import type {TouchedPath} from './footprint.ts';
import {Hierarchy} from './hierarchy.ts';
import {LoadWaits} from './load-waits.ts';
import type {Machine} from './machine.ts';
import {METRIC, newCounts, PATH} from './metrics.ts';
import {MicroTlb} from './micro-tlb.ts';
import {PipelineModel} from './pipeline.ts';
import {type AddressSpaces, isMachine, type MachineSpaces, Unannounced} from './spaces.ts';
import {Translation} from './translation.ts';
import type {Uncore} from './uncore.ts';

const PAGE_BITS = 12;

/** What one activity did during the measured part of a replay. */
export interface ActivityCounts extends Readonly<RunningCounts> {
  /** Cycles that one execution waits for its lines: the mean, or of one behind the measured part if none came due in it. */
  readonly waitPerExecution: number;
}

interface RunningCounts {
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
export interface TimedActivity {
  readonly activity: {readonly id: string};
  readonly paths: readonly TouchedPath[];
  /** 0 for one that is executed when it is asked for. */
  readonly ratePerSecond: number;
  readonly executionCycles: number;
}

export interface ReplayOptions {
  readonly machine: Machine;
  readonly spaces: AddressSpaces;
  readonly blocks: BlockTable;
  readonly activities: readonly TimedActivity[];
  /** Multiplies the pipeline's cycles: what the original binary takes beyond ours (calibrated on the native run). */
  readonly pipelineScale: number;
  readonly seed: number;
  /** Of a cluster that the core belongs to; its own if left out. */
  readonly uncore?: Uncore;
  /** A bit for each kind of event behind which {@link Replay.consume} stops; one of markers leaves them to who drives the replay. */
  readonly stopKinds?: number;
}

/** Who is stopped at markers measures by them: counts go on, and nothing is executed at the end for its wait. */
export const stopsAtMarkers = ({stopKinds = 0}: Pick<ReplayOptions, 'stopKinds'>): boolean =>
  ((stopKinds >>> EVENT_ID.marker) & 1) !== 0;

export class Replay {
  private readonly options: ReplayOptions;
  private readonly counts = newCounts();
  private readonly hierarchy: Hierarchy;
  private readonly translation: Translation;
  private readonly pipeline: PipelineModel;
  private readonly columns = new BlockColumns();
  private readonly waits = new LoadWaits(this.counts);
  private readonly dataTlb: MicroTlb;
  private readonly instructionTlb: MicroTlb;
  private readonly activities: {timed: TimedActivity; next: number; period: number; counts: RunningCounts}[];
  private nextActivity = Number.POSITIVE_INFINITY;
  private previous = -1;
  private readonly branches: BranchModel;
  private now = 0;
  private begin = 0;
  private begun = false;
  /** Begun so far. */
  private chunks = 0;
  private measured: Counts | undefined;
  private stoppedBehind = -1;

  constructor(options: ReplayOptions) {
    const {machine, spaces, blocks, seed, uncore} = options;
    this.options = options;
    this.hierarchy = new Hierarchy(machine, this.counts, seed, uncore);
    this.translation = new Translation(machine, this.hierarchy, spaces, this.counts);
    this.pipeline = new PipelineModel(machine, blocks);
    this.dataTlb = new MicroTlb(machine.microTlbEntries);
    this.instructionTlb = new MicroTlb(machine.microTlbEntries);
    this.branches = new BranchModel(machine, this.columns, this.counts);
    this.activities = options.activities.map((timed, i, all) => {
      // An activity of rate 0 has an infinite period: it never comes due, but what one execution would wait is known.
      const period = machine.clockHz / timed.ratePerSecond;
      // Spread over a period, so that no two regular activities coincide by construction.
      return {timed, period, next: (period * (i + 1)) / (all.length + 1), counts: emptyActivity(timed.activity.id)};
    });
    this.prime();
    this.scheduleNext();
  }

  /** A machine that has run for long has executed every activity before: their lines are wherever the guest leaves them. */
  private prime(): void {
    for (const {timed, counts, period} of this.activities) if (Number.isFinite(period)) this.run(timed, counts);
    for (const activity of this.activities) activity.next += this.now;
    this.startMeasuring();
  }

  /**
   * Replays whole records from word `from` on, behind an event that stops it or up to the first block that would begin at `until` or
   * later. Returns the word at which it stopped. Markers behind the `end` marker change nothing.
   */
  consume(chunk: TraceChunk, from = 0, until = Number.POSITIVE_INFINITY): number {
    const {words, length} = chunk;
    const {stopKinds = 0} = this.options;
    this.stoppedBehind = -1;
    this.columns.learn(this.options.blocks, this.options.machine.l1i.lineBits);
    if (from === 0) this.chunks++;
    let i = from;
    try {
      while (i < length) {
        const word = words[i]!;
        if (word >= EVENT_FLAG) {
          const kind = eventKind(word);
          this.event(kind, words, i + 1);
          const event = i;
          i += 1 + eventPayload(word);
          if (((stopKinds >>> kind) & 1) === 0) continue;
          this.stoppedBehind = event;
          break;
        }
        if (this.now >= until) break;
        i = this.block(words, i, recordBlock(word), recordAccesses(word));
      }
    } catch (error) {
      throw error instanceof Unannounced ? brokenAt(error, this.options.blocks, chunk, this.chunks, i) : error;
    }
    return i;
  }

  /** Simulated time, in cycles. */
  get time(): number {
    return this.now;
  }

  set time(now: number) {
    this.now = now;
  }

  /** Word of the event behind which {@link consume} stopped last, -1 if it stopped for another reason. */
  get stoppedAt(): number {
    return this.stoppedBehind;
  }

  /** Address space in place. */
  get space(): number {
    return this.translation.space;
  }

  /** Of the metrics with these numbers, all that was counted so far. */
  read(metrics: readonly number[], into: Float64Array): void {
    for (const [i, metric] of metrics.entries()) into[i] = this.counts[metric]!;
  }

  /** What other cores have asked of L2 and memory at times that this one has not come to does not hold it up. */
  forgetLater(): void {
    this.hierarchy.uncore.forgetLater(this.now);
  }

  /** Executes an activity now. Returns the cycles that it waited for its lines. */
  execute(index: number): number {
    const {timed, counts} = this.activities[index]!;
    const before = counts.stallCycles;
    this.run(timed, counts);
    return counts.stallCycles - before;
  }

  /** From now on the core runs a vCPU whose memory is `spaces`, in an address space of it. */
  enter(spaces: MachineSpaces, space: number): void {
    this.translation.enter(spaces, space);
    this.flushMicroTlbs();
    this.previous = -1;
  }

  /** An event whose payload begins at `at`; kinds that are not here concern no memory system. */
  private event(kind: number, words: Uint32Array, at: number): void {
    const {translation} = this;
    if (kind === EVENT_ID.marker) this.marker(words[at]!);
    else if (kind === EVENT_ID['task-switch']) {
      const isSame = words[at] === translation.space;
      if (!isSame) translation.switchTo(words[at]!);
      // A machine's event is a write of TTBR0 or CONTEXTIDR, behind which the same code goes on.
      if (isMachine(this.options.spaces)) this.flushMicroTlbs();
      // Tasks of one space: neither is written.
      else if (!isSame) {
        this.flushMicroTlbs();
        this.previous = -1;
      }
    } else if (kind === EVENT_ID['tlb-maintenance']) {
      translation.maintain(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
      this.flushMicroTlbs();
    } else if (kind === EVENT_ID['space-end']) translation.endSpace(words[at]!);
    else if (kind === EVENT_ID.translation) translation.announce(words, at);
    // The pipeline is empty, and no branch led here.
    else if (kind === EVENT_ID['exception-entry'] || kind === EVENT_ID['exception-return']) this.previous = -1;
  }

  private flushMicroTlbs(): void {
    this.dataTlb.flush();
    this.instructionTlb.flush();
    this.hierarchy.instructionGeneration++;
  }

  /** Counts between the markers, or of the whole trace if it has none. @throws Error when `begin` has no `end`. */
  get result(): Counts {
    if (this.measured) return this.measured;
    if (this.begun)
      throw new Error('the trace ends before its `end` marker: it is truncated or the guest stopped early');
    return this.snapshot();
  }

  private startMeasuring(): void {
    this.counts.fill(0);
    this.columns.executions.fill(0);
    for (const activity of this.activities) activity.counts = emptyActivity(activity.timed.activity.id);
    this.begin = this.now;
  }

  private snapshot(): Counts {
    const metrics = this.counts.slice();
    this.columns.addTo(metrics);
    const elapsed = this.now - this.begin;
    const activities = this.activities.map(({timed, counts}) => ({
      ...counts,
      waitPerExecution: this.waitOf(timed, counts),
    }));
    return {metrics, activities, elapsed};
  }

  /** Mean wait of an activity; one that did not come due while measuring is executed once, behind the measured part. */
  private waitOf(timed: TimedActivity, counts: RunningCounts): number {
    if (counts.executions > 0) return counts.stallCycles / counts.executions;
    const late = emptyActivity(counts.id);
    this.run(timed, late);
    return late.stallCycles;
  }

  private marker(marker: number): void {
    if (this.measured || stopsAtMarkers(this.options)) return;
    if (marker === MARKER_ID.begin) {
      this.startMeasuring();
      this.begun = true;
    } else if (marker === MARKER_ID.end) {
      this.measured = this.snapshot();
    }
  }

  private block(words: Uint32Array, start: number, id: number, accesses: number): number {
    const {counts, columns, hierarchy} = this;
    if (this.now >= this.nextActivity) this.runActivities();
    columns.executions[id]!++;
    if (this.previous >= 0) this.now += this.branches.follow(this.previous, id);
    if (columns.seen[id] !== hierarchy.instructionGeneration) this.fetch(id);

    const {waits} = this;
    const uses = columns.firstUses[id]!;
    let now = this.now;
    let reads = 0;
    let writes = 0;
    let lines = 0;
    let i = start + 1;
    for (let n = 0; n < accesses; n++, i += 2) {
      const address = words[i]!;
      const meta = words[i + 1]!;
      const kind = (meta >>> 8) & 7;
      const size = meta & 0xff;
      const use = uses[accessSlot(meta)] ?? UNUSED;
      now = waits.settle(accessSlot(meta), now);
      if (kind === READ) reads++;
      else if (kind === WRITE) writes++;
      const last = (address + size - 1) >>> 6;
      for (let line = address >>> 6; line <= last; line++) {
        const page = line >>> 6;
        let slot = this.dataTlb.find(page);
        if (slot < 0) {
          if (kind === PREFETCH && !this.translation.isMapped(page * 4096)) continue;
          this.now = now;
          slot = this.microMiss(this.dataTlb, page * 4096, METRIC.microDataMisses);
          now = this.now;
        }
        const frame = this.dataTlb.frames[slot]!;
        // What is uncached takes as long as whoever has the device says.
        if (frame < 0) continue;
        const physical = frame * 64 + (line & 63);
        lines++;
        const found = hierarchy.l1d.find(physical);
        if (kind === WRITE) {
          const from = Math.max(address - line * 64, 0);
          const bytes = Math.min(address + size - line * 64, 64) - from;
          if (found >= 0) now = hierarchy.storeHit(physical, found, from, bytes, now);
          else {
            counts[METRIC.l1dMisses]!++;
            now = hierarchy.storeMiss(physical, from, bytes, now);
          }
          continue;
        }
        let ready: number;
        let cause: number;
        if (found >= 0) {
          const wasPrefetched = (hierarchy.l1d.flags[found]! & PREFETCHED) !== 0;
          ready = now < hierarchy.latestReady ? hierarchy.readyTime(physical, now) : now;
          cause = METRIC.stallLatePrefetch;
          if (wasPrefetched) hierarchy.prefetchedHit(physical, found, now);
        } else {
          counts[METRIC.l1dMisses]!++;
          now = hierarchy.missTurn(now);
          ready = hierarchy.loadMiss(physical, now);
          cause = hierarchy.fromDram ? METRIC.stallDram : METRIC.stallL2;
        }
        if (ready > now && kind !== PREFETCH) waits.add(use, ready, cause);
      }
    }
    counts[METRIC.reads]! += reads;
    counts[METRIC.writes]! += writes;
    counts[METRIC.prefetches]! += accesses - reads - writes;
    counts[METRIC.l1dAccesses]! += lines;
    const cycles = this.pipeline.cycles(this.previous, id);
    counts[METRIC.pipelineCycles]! += cycles;
    now = waits.settle(UNUSED, now);
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
      const frame = this.instructionTlb.frames[slot]!;
      // Data alone are uncached where the MMU is off.
      const physical = (frame < 0 ? ~frame : frame) * 2 ** perPage + (line & (2 ** perPage - 1));
      const wait = hierarchy.fetch(physical, this.now, 0);
      counts[METRIC.stallFetch]! += wait;
      this.now += wait;
    }
    columns.seen[id] = hierarchy.instructionGeneration;
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
  private run(timed: TimedActivity, counts: RunningCounts): void {
    const {hierarchy, translation, options} = this;
    const {counts: metrics} = this;
    const before = {
      i: metrics[METRIC.l1iMisses + PATH]!,
      d: metrics[METRIC.l1dMisses + PATH]!,
      m: metrics[METRIC.dramReads]!,
    };
    const start = this.now;
    this.flushMicroTlbs();
    const linesPerPage = 2 ** (PAGE_BITS - options.machine.l1d.lineBits);
    for (const path of timed.paths) {
      for (const page of path.pages) {
        // The path's own table: one 8-byte descriptor a page, in the page below its image.
        const table = (page - (page % 512)) * linesPerPage + ((page % 512) >>> 3);
        this.now += translation.touchOwnPage(path.regime, page, table, this.now);
      }
      for (const line of path.codeLines) this.now += hierarchy.fetch(line, this.now, PATH);
      for (const line of path.dataLines) this.now += hierarchy.access(line, this.now, PATH, true);
      if (path.path.invalidates) translation.invalidate(path.path.invalidates);
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

const emptyActivity = (id: string): RunningCounts => ({
  id,
  executions: 0,
  stallCycles: 0,
  instructionMisses: 0,
  dataMisses: 0,
  dramReads: 0,
});
