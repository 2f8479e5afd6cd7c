/**
 * Sampled replay of systems: every unit of the plan behind its warm-up, and some units a second time behind twice as much,
 * which shows whether the warm-up suffices. Between units a replay keeps what it has: caches, TLBs, the ticks' clock. What
 * lies before the `begin` marker is replayed whole, since the guest means it as a warm-up.
 */
import type {KernelReplay, RunningCounts} from '../costmodel/kernel/kernel-replay.ts';
import type {Counts} from '../costmodel/replay.ts';
import type {BlockTable} from '../trace/blocks.ts';
import {EVENT_ID, MARKER_ID} from '../trace/events.ts';
import {eventKind, recordBlock} from '../trace/records.ts';
import type {TraceChunk} from '../trace/source.ts';
import {isEvent, recordWords} from '../trace/walk.ts';
import type {SampleUnit} from './sample-plan.ts';

/** What a system counted in a unit. */
export interface UnitCounts {
  /** Of the plan. */
  readonly number: number;
  readonly metrics: Float64Array;
  readonly elapsed: number;
  /** By activity, from the end of the unit before: warm-ups show waits as well as units do. */
  readonly activities: RunningCounts['activities'];
}

/** What one system's replays leave. */
export interface SampledCounts {
  readonly units: readonly UnitCounts[];
  /** Units behind twice their warm-up. */
  readonly checks: readonly UnitCounts[];
  /** Of all that was replayed, units or not. */
  readonly replayed: Counts;
}

export interface SampledTrace {
  /** By system. */
  readonly systems: readonly SampledCounts[];
  /** In the measured part. */
  readonly instructions: number;
  /** Of the measured part, by one system: for its units, and to check its warm-up. */
  readonly replayedInstructions: number;
}

/** A part of the trace that a lane replays, and where measuring starts. */
interface Stretch extends Pick<SampleUnit, 'number' | 'start' | 'end'> {
  readonly from: number;
}

function* warmed(units: Iterable<SampleUnit>): Generator<Stretch> {
  for (const {number, start, end, warmFrom} of units) yield {number, start, end, from: warmFrom};
}
function* checked(units: Iterable<SampleUnit>): Generator<Stretch> {
  for (const {number, start, end, checkFrom} of units)
    if (checkFrom !== undefined) yield {number, start, end, from: checkFrom};
}

/** Replays that go through the same stretches. */
class Lane {
  readonly replays: readonly KernelReplay[];
  readonly units: UnitCounts[][];
  /** Replays what comes. */
  isActive = true;
  /** Where {@link reach} must be called next. */
  boundary = Number.POSITIVE_INFINITY;
  /** Inside the measured part. */
  replayed = 0;
  readonly #stretches: Iterator<Stretch>;
  #stretch: Stretch | undefined;
  #origin = 0;
  #since = 0;
  #atStart: readonly RunningCounts[] = [];
  #atEnd: readonly RunningCounts[];

  constructor(replays: readonly KernelReplay[], stretches: Iterator<Stretch>) {
    this.replays = replays;
    this.#stretches = stretches;
    this.units = replays.map(() => []);
    this.#atEnd = replays.map((replay) => replay.running);
  }

  begin(origin: number): void {
    this.#origin = origin;
    this.isActive = false;
    this.#next(origin);
    this.reach(origin);
  }

  consume(chunk: TraceChunk): void {
    for (const replay of this.replays) replay.consume(chunk);
  }

  /** `position` is that of the next record; nothing is done before the boundary. */
  reach(position: number): void {
    while (position >= this.boundary) {
      if (this.#stretch === undefined) return;
      const {from, start, end} = this.#stretch;
      const at = position - this.#origin;
      if (!this.isActive) {
        this.isActive = true;
        this.#since = position;
        this.boundary = this.#origin + Math.max(from, start);
      } else if (this.#atStart.length === 0 && at < end) {
        this.#atStart = this.replays.map((replay) => replay.running);
        this.boundary = this.#origin + end;
      } else this.#end(position);
    }
  }

  #end(position: number): void {
    const {number} = this.#stretch!;
    const now = this.replays.map((replay) => replay.running);
    // A single record may be longer than a unit that it skips: that one is no unit.
    if (this.#atStart.length > 0)
      for (const [index, counts] of now.entries())
        this.units[index]!.push(difference(number, counts, this.#atStart[index]!, this.#atEnd[index]!));
    this.#atEnd = now;
    this.#atStart = [];
    this.replayed += position - this.#since;
    this.isActive = false;
    this.#next(position);
  }

  #next(position: number): void {
    this.#stretch = this.#stretches.next().value as Stretch | undefined;
    this.boundary =
      this.#stretch === undefined ? Number.POSITIVE_INFINITY : Math.max(position, this.#origin + this.#stretch.from);
  }

  /** Behind the last record: what was not measured to its end is no unit. */
  stop(position: number): void {
    if (this.isActive) this.replayed += Math.max(0, position - Math.max(this.#since, this.#origin));
    this.isActive = false;
    this.boundary = Number.POSITIVE_INFINITY;
  }
}

const difference = (number: number, now: RunningCounts, start: RunningCounts, end: RunningCounts): UnitCounts => ({
  number,
  metrics: now.metrics.map((count, metric) => count - start.metrics[metric]!),
  elapsed: now.elapsed - start.elapsed,
  activities: now.activities.map(({executions, stallCycles}, index) => ({
    executions: executions - end.activities[index]!.executions,
    stallCycles: stallCycles - end.activities[index]!.stallCycles,
  })),
});

export interface SamplerOptions {
  readonly blocks: BlockTable;
  /** One for each system; made twice. */
  readonly newReplays: () => readonly KernelReplay[];
  /** Of the same plan, again and again. */
  readonly units: () => Iterable<SampleUnit>;
  /** Will a `begin` marker come? If not, all of the trace is measured. */
  readonly hasBegin: boolean;
}

export class Sampler {
  readonly #blocks: BlockTable;
  readonly #lanes: readonly [Lane, Lane];
  /** Of blocks, as far as they are known. */
  #lengths = new Int32Array(1024);
  #known = 0;
  #begin: number | undefined;
  #end: number | undefined;

  constructor({blocks, newReplays, units, hasBegin}: SamplerOptions) {
    this.#blocks = blocks;
    this.#lanes = [new Lane(newReplays(), warmed(units())), new Lane(newReplays(), checked(units()))];
    if (!hasBegin) this.#beginAt(0);
  }

  /** Number of the first instruction that matters from now on; Infinity behind the end. */
  wanted(position: number): number {
    if (this.#end !== undefined) return Number.POSITIVE_INFINITY;
    return Math.min(...this.#lanes.map(({isActive, boundary}) => (isActive ? position : boundary)));
  }

  /** Takes whole records, the first instruction of which has the number `position`. @returns that of the one behind them. */
  consume({words, length}: TraceChunk, position: number): number {
    this.#learn();
    const lengths = this.#lengths;
    let now = position;
    let from = 0;
    let boundary = this.#reach(now);
    for (let at = 0; at < length; ) {
      const head = words[at]!;
      const next = at + recordWords(head);
      if (isEvent(head)) {
        this.#replay(words, from, at);
        this.#event(words, at, next, now);
        from = next;
        boundary = this.#reach(now);
      } else {
        now += lengths[recordBlock(head)]!;
        if (now >= boundary) {
          this.#replay(words, from, next);
          from = next;
          boundary = this.#reach(now);
        }
      }
      at = next;
    }
    this.#replay(words, from, length);
    return now;
  }

  /** @param position behind the last instruction of the measured part. */
  finish(position: number): void {
    if (this.#end !== undefined) return;
    this.#end = position;
    for (const lane of this.#lanes) lane.stop(position);
  }

  /** @throws Error when `begin` has no `end`. */
  get result(): SampledTrace {
    if (this.#end === undefined)
      throw new Error('the trace ends before its `end` marker: it is truncated or the guest stopped early');
    const [main, check] = this.#lanes;
    return {
      systems: main.replays.map((replay, index) => ({
        units: main.units[index]!,
        checks: check.units[index]!,
        replayed: replay.result,
      })),
      instructions: this.#end - (this.#begin ?? this.#end),
      replayedInstructions: main.replayed + check.replayed,
    };
  }

  #beginAt(position: number): void {
    this.#begin = position;
    for (const lane of this.#lanes) lane.begin(position);
  }

  #reach(position: number): number {
    for (const lane of this.#lanes) lane.reach(position);
    return Math.min(...this.#lanes.map(({boundary}) => boundary));
  }

  #replay(words: Uint32Array, from: number, to: number): void {
    if (from === to) return;
    const chunk = {words: words.subarray(from, to), length: to - from};
    for (const lane of this.#lanes) if (lane.isActive) lane.consume(chunk);
  }

  /** Markers bound what is measured here and are kept from the replays; other events change a system even where none is measured. */
  #event(words: Uint32Array, at: number, next: number, position: number): void {
    if (eventKind(words[at]!) !== EVENT_ID.marker) {
      const chunk = {words: words.subarray(at, next), length: next - at};
      for (const lane of this.#lanes) lane.consume(chunk);
    } else if (words[at + 1] === MARKER_ID.begin) this.#beginAt(position);
    else if (words[at + 1] === MARKER_ID.end) this.finish(position);
  }

  #learn(): void {
    const blocks = this.#blocks;
    if (blocks.length > this.#lengths.length) {
      const grown = new Int32Array(2 ** Math.ceil(Math.log2(blocks.length)));
      grown.set(this.#lengths);
      this.#lengths = grown;
    }
    for (; this.#known < blocks.length; this.#known++)
      this.#lengths[this.#known] = blocks[this.#known]!.instructions.length;
  }
}
