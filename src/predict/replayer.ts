/** Systems that go through one trace together, whole or sampled, on whichever thread. */
import type {KernelReplay} from '../costmodel/kernel/kernel-replay.ts';
import type {BlockTable} from '../trace/blocks.ts';
import type {PlacedChunk} from '../trace/ring.ts';
import type {Calibration} from './calibration.ts';
import {newReplay, PIPELINE_SCALE, type System} from './measure.ts';
import type {Replayed} from './replay-report.ts';
import type {Sampling} from './sample-plan.ts';
import {type MeasuredPart, newSampler} from './sampled-source.ts';
import type {Sampler} from './sampler.ts';

export interface SamplingOfTrace {
  readonly sampling: Sampling;
  readonly part: MeasuredPart;
}

export interface ReplayPlan {
  readonly systems: readonly System[];
  readonly calibration: Calibration;
  /** Undefined for a replay of the whole trace. */
  readonly sampled: SamplingOfTrace | undefined;
}

export class Replayer {
  readonly #replays: readonly KernelReplay[];
  readonly #sampler: Sampler | undefined;
  readonly #end: number | undefined;
  #position = 0;

  constructor({systems, calibration, sampled}: ReplayPlan, blocks: BlockTable) {
    const newReplays = () => systems.map((system) => newReplay(system, blocks, calibration, PIPELINE_SCALE));
    this.#sampler = sampled && newSampler(blocks, sampled.sampling, sampled.part, newReplays);
    this.#end = sampled?.part.end;
    this.#replays = sampled ? [] : newReplays();
  }

  consume(chunk: PlacedChunk): void {
    for (const replay of this.#replays) replay.consume(chunk);
    if (this.#sampler === undefined) return;
    const {position} = chunk;
    const from = position === undefined || Number.isNaN(position) ? this.#position : position;
    this.#position = this.#sampler.consume(chunk, from);
  }

  /** @throws Error when `begin` has no `end`. */
  finish(): Replayed {
    if (this.#sampler === undefined) return {counts: this.#replays.map((replay) => replay.result)};
    if (this.#end !== undefined) this.#sampler.finish(this.#end);
    return {sampled: this.#sampler.result};
  }
}
