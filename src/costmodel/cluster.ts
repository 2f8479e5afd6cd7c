/**
 * Cores of a cluster: each replays a trace of its own through its own L1 caches and TLBs; L2 and DRAM they share. Their memory is
 * apart ({@link shareOfMemory}), so no line is ever in two L1 caches and there is nothing to keep coherent.
 */
import type {TraceChunk, TraceSource} from '../trace/source.ts';
import {MEBIBYTE} from '../units.ts';
import type {Machine} from './machine.ts';
import type {Counts} from './replay.ts';

/** Replay of one core, as the cluster drives it. */
export interface CoreReplay {
  readonly consume: (chunk: TraceChunk, from?: number, until?: number) => number;
  /** Simulated time, in cycles. */
  readonly time: number;
  readonly result: Counts;
}

export interface ClusterCore<R extends CoreReplay> {
  readonly replay: R;
  /** The core's trace, from its start. Called again when it is over while other cores still run. */
  readonly trace: () => TraceSource;
}

class RunningCore<R extends CoreReplay> {
  readonly replay: R;
  /** Of the first time through the trace. */
  counts: Counts | undefined;
  private readonly trace: () => TraceSource;
  private source: TraceSource;
  private chunk: TraceChunk | undefined;
  private at = 0;
  private started: number;

  constructor({replay, trace}: ClusterCore<R>) {
    this.replay = replay;
    this.trace = trace;
    this.source = trace();
    this.started = replay.time;
  }

  /** Replays records up to the first block that would begin at `until` or later, the trace from its start again when it is over. */
  run(until: number): void {
    while (this.replay.time < until) {
      if (!this.chunk || this.at === this.chunk.length) this.nextChunk();
      if (this.chunk) this.at = this.replay.consume(this.chunk, this.at, until);
    }
  }

  private nextChunk(): void {
    this.at = 0;
    this.chunk = this.source.next();
    if (this.chunk) return;
    this.counts ??= this.replay.result;
    if (this.replay.time === this.started)
      throw new RangeError('a trace in which no time passes cannot run beside another');
    this.started = this.replay.time;
    this.source = this.trace();
  }
}

const behind = <R extends CoreReplay>(cores: readonly RunningCore<R>[]): RunningCore<R> =>
  cores.reduce((first, core) => (core.replay.time < first.replay.time ? core : first));

/**
 * Runs the core that is behind until it is `quantum` cycles ahead of the next one, and so on until each has been through its trace once. A
 * core that is through begins again: what the others meet of it does not end. Returns what each core did the first time,
 * in the order of `cores`.
 *
 * @param handOver another core runs from now on; a replay that holds a copy of what is shared takes it over here.
 * @throws RangeError for fewer than two cores, a quantum that is not positive, or a trace without blocks.
 */
export const runCluster = <R extends CoreReplay>(
  cores: readonly ClusterCore<R>[],
  quantum: number,
  handOver: (from: R, to: R) => void = () => {},
): Counts[] => {
  if (cores.length < 2) throw new RangeError('a cluster has two cores or more');
  if (!(quantum > 0)) throw new RangeError(`a quantum of ${quantum} cycles`);
  const running = cores.map((core) => new RunningCore(core));
  // They were set up one after the other: the last one has what is shared.
  let last = running.at(-1) as RunningCore<R>;
  while (running.some(({counts}) => !counts)) {
    const next = behind(running);
    const {time} = behind(running.filter((core) => core !== next)).replay;
    if (next !== last) handOver(last.replay, next.replay);
    next.run(time + quantum);
    last = next;
  }
  return running.map(({counts}) => counts as Counts);
};

const SHARE_UNIT = 64 * MEBIBYTE;

/** The machine as core `index` of `cores` sees it: an equal part of memory, for its guest and that guest's hypervisor. */
export const shareOfMemory = (machine: Machine, index: number, cores: number): Machine => {
  const memorySize = Math.floor(machine.memorySize / cores / SHARE_UNIT) * SHARE_UNIT;
  return {
    ...machine,
    memoryBase: machine.memoryBase + index * memorySize,
    memorySize,
    // Room for the hypervisor and its tables.
    guestSize: Math.min(machine.guestSize, memorySize - SHARE_UNIT),
  };
};
