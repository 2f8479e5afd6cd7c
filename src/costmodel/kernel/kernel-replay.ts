/**
 * Replay by the WebAssembly kernel (kernel/*.ts, checked in as kernel/replay.wasm): the same counts as {@link Replay}, which
 * is its oracle, many times faster. What is rare stays here: pages touched first, cycles of new pairs of blocks, markers,
 * address spaces.
 */
import {readFileSync} from 'node:fs';
import {packagePath} from '../../files/paths.ts';
import {MARKER_ID} from '../../trace/events.ts';
import type {TraceChunk} from '../../trace/source.ts';
import {lastBoundary} from '../../trace/walk.ts';
import {BlockColumns} from '../block-columns.ts';
import {brokenAt} from '../broken-trace.ts';
import {METRICS} from '../metrics.ts';
import {PipelineModel} from '../pipeline.ts';
import {type ActivityCounts, type Counts, type ReplayOptions, stopsAtMarkers} from '../replay.ts';
import {type AddressSpaces, isMachine, type MachineSpaces, Unannounced} from '../spaces.ts';
import {MOST_SPACES} from '../tlb.ts';
import {KernelMemory, RECORD_WORDS} from './kernel-memory.ts';
import * as layout from './layout.ts';

interface Kernel {
  readonly consume: (from: number, length: number) => number;
  readonly stopAt: (until: number) => void;
  readonly runActivity: (index: number) => void;
  readonly scheduleNext: () => void;
  readonly flushMicroTlbs: () => void;
}

let compiled: WebAssembly.Module | undefined;
const kernelModule = (): WebAssembly.Module => {
  compiled ??= new WebAssembly.Module(readFileSync(packagePath('kernel', 'replay.wasm')));
  return compiled;
};

const PAGE_BITS = 12;
/** Of a chunk that is gone on with, at first: vCPUs that share a core come back to theirs often. */
const FIRST_WORDS = 2 ** 12;
/** f64s of an activity that count from the start of the measurement. */
const RUNNING = [
  layout.ACTIVITY_EXECUTIONS,
  layout.ACTIVITY_STALL,
  layout.ACTIVITY_INSTRUCTION_MISSES,
  layout.ACTIVITY_DATA_MISSES,
  layout.ACTIVITY_DRAM_READS,
];

interface Window {
  readonly chunk: TraceChunk | undefined;
  readonly start: number;
  readonly end: number;
}
const NO_WINDOW: Window = {chunk: undefined, start: 0, end: 0};

/** As {@link ReplayOptions}, but L2 and DRAM are copied from core to core of a cluster. */
export type KernelReplayOptions = Omit<ReplayOptions, 'uncore'> & {readonly uncore?: KernelReplay};

/** What has been counted so far, read without a change to anything. */
export interface RunningCounts {
  readonly metrics: Float64Array;
  readonly elapsed: number;
  readonly activities: readonly Pick<ActivityCounts, 'executions' | 'stallCycles'>[];
}

export class KernelReplay {
  readonly #options: KernelReplayOptions;
  readonly #memory: KernelMemory;
  readonly #kernel: Kernel;
  readonly #columns = new BlockColumns();
  #spaces: AddressSpaces;
  #space = 0;
  /** Numbers of the 4 KiB pages that a space has touched: those of the space in place are marked in the kernel's memory. */
  readonly #touched = new Map<number, Set<number>>();
  /** Words that the kernel's memory holds, of the chunk that has run last. */
  #window = NO_WINDOW;
  /** Begun so far. */
  #chunks = 0;
  #begin = 0;
  #begun = false;
  #measured: Counts | undefined;
  #stoppedAt = -1;

  constructor(options: KernelReplayOptions) {
    const {machine, spaces, blocks, activities, pipelineScale, seed, uncore, stopKinds = 0} = options;
    this.#options = options;
    this.#spaces = spaces;
    const memory = new KernelMemory(machine, spaces, seed);
    this.#memory = memory;
    memory.setDouble(layout.PIPELINE_SCALE, pipelineScale);
    memory.setWord(layout.STOP_KINDS, stopKinds);
    memory.layOutActivities(activities, 2 ** (PAGE_BITS - machine.l1d.lineBits));
    const pipeline = new PipelineModel(machine, blocks);
    const host = {
      touch: (virtual: number) => this.#touch(virtual >>> 0),
      switchSpace: (space: number) => this.#switchSpace(space >>> 0),
      endSpace: (space: number) => this.#endSpace(space >>> 0),
      pairCycles: (previous: number, block: number) => pipeline.cycles(previous, block),
      marker: (marker: number) => this.#marker(marker),
      ...this.#machineHost(),
    };
    this.#kernel = new WebAssembly.Instance(kernelModule(), {env: {memory: memory.wasm}, host})
      .exports as unknown as Kernel;
    if (uncore) this.takeUncore(uncore);
    this.#prime();
  }

  /**
   * Replays whole records from word `from` on, behind an event that stops it or up to the first block that would begin at `until` or
   * later. Returns the word at which it stopped; from there a call with the same chunk goes on. Markers behind the `end` marker
   * change nothing.
   */
  consume(chunk: TraceChunk, from = 0, until = Number.POSITIVE_INFINITY): number {
    const {length} = chunk;
    this.#learn();
    this.#kernel.stopAt(until);
    this.#stoppedAt = -1;
    if (from === 0) this.#chunks++;
    // The words of another chunk may lie in the same place.
    if (from === 0 || this.#window.chunk !== chunk) this.#window = NO_WINDOW;
    let at = from;
    let most = from === 0 ? RECORD_WORDS : FIRST_WORDS;
    while (at < length) {
      if (at < this.#window.start || at >= this.#window.end) {
        this.#load(chunk, at, most);
        most = Math.min(2 * most, RECORD_WORDS);
      }
      const {start, end} = this.#window;
      try {
        at = start + this.#kernel.consume(at - start, end - start);
      } catch (error) {
        const place = (this.#memory.word(layout.RECORD_PLACE) - this.#memory.word(layout.RECORDS)) / 4;
        throw error instanceof Unannounced
          ? brokenAt(error, this.#options.blocks, chunk, this.#chunks, start + place)
          : error;
      }
      const stopped = this.#memory.word(layout.STOPPED_BEHIND);
      if (stopped !== 0) this.#stoppedAt = start + (stopped - this.#memory.word(layout.RECORDS)) / 4;
      if (at < end || stopped !== 0) break;
    }
    return at;
  }

  /** What the kernel asks of a machine's memory. */
  #machineHost() {
    if (!isMachine(this.#spaces)) {
      // The words of an event that only machines have mean nothing else here; nothing of the others is asked.
      const nothing = (): void => {};
      return {announce: nothing, dropAnnounced: nothing, findPage: nothing, isAnnounced: nothing};
    }
    const memory = this.#memory;
    const machine = (): MachineSpaces => this.#spaces as MachineSpaces;
    return {
      announce: (at: number) => machine().announce(new Uint32Array(memory.wasm.buffer), at / 4),
      dropAnnounced: (operation: number, space: number, address: number, pages: number) =>
        machine().drop(operation, space >>> 0, address >>> 0, pages >>> 0),
      isAnnounced: (virtual: number) => Number(machine().page(this.#space, virtual >>> 0) !== undefined),
      findPage: (virtual: number) => {
        const page = machine().page(this.#space, virtual >>> 0);
        if (page === undefined) throw new Unannounced(this.#space, virtual >>> 0);
        memory.showPage(page, virtual >>> 0);
      },
    };
  }

  /** Simulated time, in cycles. */
  get time(): number {
    return this.#memory.double(layout.NOW);
  }

  set time(now: number) {
    this.#memory.setDouble(layout.NOW, now);
  }

  /** Word of the event behind which {@link consume} stopped last, -1 if it stopped for another reason. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** Address space in place. */
  get space(): number {
    return this.#space;
  }

  /** Of the metrics with these numbers, all that was counted so far. */
  read(metrics: readonly number[], into: Float64Array): void {
    const {doubles} = this.#memory.views;
    for (let i = 0; i < metrics.length; i++) into[i] = doubles[layout.COUNTS / 8 + metrics[i]!]!;
  }

  /** What other cores have asked of L2 and memory at times that this one has not come to does not hold it up. */
  forgetLater(): void {
    this.#memory.forgetLater(this.time);
  }

  /** Executes an activity now. Returns the cycles that it waited for its lines. */
  execute(index: number): number {
    const stall = this.#activity(index) + layout.ACTIVITY_STALL;
    const before = this.#memory.double(stall);
    this.#kernel.runActivity(index);
    return this.#memory.double(stall) - before;
  }

  /** From now on the core runs a vCPU whose memory is `spaces`, in an address space of it. */
  enter(spaces: MachineSpaces, space: number): void {
    this.#spaces = spaces;
    this.#space = space;
    this.#memory.showSpace(space, undefined);
    this.#kernel.flushMicroTlbs();
    this.#memory.setWord(layout.PREVIOUS, -1);
  }

  /** L2 and DRAM as another core of the cluster left them. */
  takeUncore(from: KernelReplay): void {
    this.#memory.copyUncore(from.#memory);
  }

  /** Whole records of a chunk from word `start` on, at most so many words; one record may be longer. */
  #load(chunk: TraceChunk, start: number, most: number): void {
    const {words, length} = chunk;
    const boundary = (limit: number): number =>
      length - start <= limit ? length : lastBoundary(words, start, start + limit);
    const first = boundary(most);
    const end = first > start ? first : boundary(RECORD_WORDS);
    this.#memory.views.words.set(words.subarray(start, end), this.#memory.word(layout.RECORDS) / 4);
    this.#window = {chunk, start, end};
  }

  /** Counts between the markers, or of the whole trace if it has none. @throws Error when `begin` has no `end`. */
  get result(): Counts {
    if (this.#measured) return this.#measured;
    if (this.#begun)
      throw new Error('the trace ends before its `end` marker: it is truncated or the guest stopped early');
    return this.#snapshot();
  }

  /** A machine that has run for long has executed every activity before. */
  #prime(): void {
    const {activities, machine} = this.#options;
    const memory = this.#memory;
    for (const [index, {ratePerSecond}] of activities.entries()) {
      const place = this.#activity(index);
      const period = machine.clockHz / ratePerSecond;
      memory.setDouble(place + layout.ACTIVITY_PERIOD, period);
      // Spread over a period, so that no two regular activities coincide by construction.
      memory.setDouble(place + layout.ACTIVITY_NEXT, (period * (index + 1)) / (activities.length + 1));
      if (Number.isFinite(period)) this.#kernel.runActivity(index);
    }
    for (const index of activities.keys()) {
      const next = this.#activity(index) + layout.ACTIVITY_NEXT;
      memory.setDouble(next, memory.double(next) + memory.double(layout.NOW));
    }
    this.#startMeasuring();
    this.#kernel.scheduleNext();
  }

  #activity(index: number): number {
    return this.#memory.word(layout.ACTIVITY_TABLE) + index * layout.ACTIVITY_BYTES;
  }

  #touch(virtual: number): void {
    const {spaces} = this.#options;
    if (isMachine(spaces)) return;
    spaces.touch(this.#space, virtual);
    this.#pagesOf(this.#space).add(virtual >>> PAGE_BITS);
  }

  #pagesOf(space: number): Set<number> {
    const pages = this.#touched.get(space) ?? new Set<number>();
    this.#touched.set(space, pages);
    return pages;
  }

  #switchSpace(space: number): void {
    if (space >= MOST_SPACES) throw new RangeError(`address space ${space}: replay has room for ${MOST_SPACES}`);
    const {spaces} = this.#options;
    this.#memory.setTouched(this.#pagesOf(this.#space), false);
    this.#space = space;
    this.#memory.setTouched(this.#pagesOf(space), true);
    this.#memory.showSpace(space, isMachine(spaces) ? undefined : spaces.stage1(space));
  }

  #endSpace(space: number): void {
    const {spaces} = this.#options;
    if (isMachine(spaces)) return;
    spaces.end(space);
    if (space === this.#space) {
      this.#memory.setTouched(this.#pagesOf(space), false);
      this.#memory.showSpace(space, spaces.stage1(space));
    }
    this.#touched.delete(space);
  }

  #learn(): void {
    const {blocks, machine} = this.#options;
    const columns = this.#columns;
    const first = columns.known;
    if (first === blocks.length) return;
    columns.learn(blocks, machine.l1i.lineBits);
    this.#memory.block(blocks.length - 1);
    const {longs} = this.#memory.views;
    for (let id = first; id < columns.known; id++) {
      const place = this.#memory.block(id);
      longs[(place + layout.BLOCK_SEEN) / 8] = -1n;
      this.#memory.setWord(place + layout.BLOCK_FIRST_LINE, columns.firstLine[id]!);
      this.#memory.setWord(place + layout.BLOCK_LAST_LINE, columns.lastLine[id]!);
      this.#memory.setWord(place + layout.BLOCK_ADDRESS, columns.address[id]!);
      this.#memory.setWord(place + layout.BLOCK_FALL_THROUGH, columns.fallThrough[id]!);
      this.#memory.setWord(place + layout.BLOCK_END, columns.end[id]!);
      const counter = (id << machine.historyBits) & (machine.counterEntries - 1);
      this.#memory.setWord(place + layout.BLOCK_COUNTERS, this.#memory.word(layout.COUNTERS) + counter);
      this.#memory.setUses(id, columns.firstUses[id]!);
      // No predecessor looked up yet; -1 is one that does not exist.
      this.#memory.setWord(place + layout.BLOCK_LAST_PREVIOUS, -2);
    }
  }

  #startMeasuring(): void {
    const {doubles, longs} = this.#memory.views;
    doubles.fill(0, layout.COUNTS / 8, layout.COUNTS / 8 + METRICS.length);
    for (let id = 0; id < this.#columns.known; id++) longs[(this.#memory.block(id) + layout.BLOCK_EXECUTIONS) / 8] = 0n;
    for (const index of this.#options.activities.keys())
      for (const count of RUNNING) this.#memory.setDouble(this.#activity(index) + count, 0);
    this.#begin = this.#memory.double(layout.NOW);
  }

  #marker(marker: number): void {
    if (this.#measured || stopsAtMarkers(this.#options)) return;
    if (marker === MARKER_ID.begin) {
      this.#startMeasuring();
      this.#begun = true;
    } else if (marker === MARKER_ID.end) this.#measured = this.#snapshot();
  }

  /** Counts from the start, or from the `begin` marker on. */
  get running(): RunningCounts {
    const activities = this.#options.activities.map((_, index) => {
      const [executions, stallCycles] = this.#running(index) as [number, number];
      return {executions, stallCycles};
    });
    return {...this.#totals(), activities};
  }

  #snapshot(): Counts {
    return {
      ...this.#totals(),
      activities: this.#options.activities.map((_, index) => this.#activityCounts(index)),
    };
  }

  #totals(): Pick<Counts, 'metrics' | 'elapsed'> {
    const {doubles, longs} = this.#memory.views;
    const metrics = doubles.slice(layout.COUNTS / 8, layout.COUNTS / 8 + METRICS.length);
    const columns = this.#columns;
    for (let id = 0; id < columns.known; id++)
      columns.executions[id] = Number(longs[(this.#memory.block(id) + layout.BLOCK_EXECUTIONS) / 8]!);
    columns.addTo(metrics);
    return {metrics, elapsed: this.#memory.double(layout.NOW) - this.#begin};
  }

  #activityCounts(index: number): ActivityCounts {
    const running = this.#running(index);
    const [executions, stallCycles, instructionMisses, dataMisses, dramReads] = running as [
      number,
      number,
      number,
      number,
      number,
    ];
    const {id} = this.#options.activities[index]!.activity;
    const waitPerExecution = executions > 0 ? stallCycles / executions : this.#waitBehind(index, running);
    return {id, executions, stallCycles, instructionMisses, dataMisses, dramReads, waitPerExecution};
  }

  #running(index: number): readonly number[] {
    return RUNNING.map((count) => this.#memory.double(this.#activity(index) + count));
  }

  /** Wait of one execution behind the measured part, which does not count. */
  #waitBehind(index: number, before: readonly number[]): number {
    this.#kernel.runActivity(index);
    const wait = this.#memory.double(this.#activity(index) + layout.ACTIVITY_STALL);
    for (const [at, count] of RUNNING.entries()) this.#memory.setDouble(this.#activity(index) + count, before[at]!);
    return wait - before[1]!;
  }
}
