/** The chunks of a trace that a sampled replay wants, each with the number of its first instruction. */
import {InputError} from '../files/errors.ts';
import type {StoredTrace} from '../trace/read.ts';
import {eventRecord} from '../trace/records.ts';
import {findMarkers} from '../trace/slice.ts';
import type {TraceChunk, TraceSource} from '../trace/source.ts';
import {sameTask} from '../trace/tally.ts';
import {checkSampling, type Sampling, sampleUnits} from './sample-plan.ts';
import {Sampler, type SamplerOptions} from './sampler.ts';

/** What of a trace is measured. */
export interface MeasuredPart {
  /** Does a `begin` marker start it? */
  readonly hasBegin: boolean;
  /** Number of the instruction behind it; undefined where only its `end` marker will tell. */
  readonly end: number | undefined;
}

/** Of a guest that executes as it is replayed, all that is known is that it sets markers: nothing else is recorded. */
export const GUEST_PART: MeasuredPart = {hasBegin: true, end: undefined};

/** @throws Error when `begin` has no `end`; InputError for a trace that cannot be read in parts. */
export const measuredPart = (trace: StoredTrace): MeasuredPart => {
  if (trace.version === 1)
    throw new InputError('its index does not say who executes where, so it cannot be sampled', {
      file: trace.path,
      remedy: 'record it again, or replay it without --sample',
    });
  const markers = new Map(findMarkers(trace).map(({marker, instruction}) => [marker, instruction]));
  const hasBegin = markers.has('begin');
  if (hasBegin && !markers.has('end'))
    throw new Error('the trace ends before its `end` marker: it is truncated or the guest stopped early');
  return {hasBegin, end: markers.get('end') ?? trace.counts.instructions};
};

export const newSampler = (
  blocks: TraceSource['blocks'],
  sampling: Sampling,
  {hasBegin}: MeasuredPart,
  newReplays: SamplerOptions['newReplays'],
): Sampler => {
  checkSampling(sampling);
  return new Sampler({blocks, newReplays, units: () => sampleUnits(sampling), hasBegin});
};

/** Reads what is wanted of a stored trace, by its index; a jump into another task is told by a `task-switch`. */
export function* wantedChunks(
  trace: StoredTrace,
  sampling: Sampling,
  part: MeasuredPart,
): Generator<TraceChunk & {readonly position: number}> {
  const {instructions} = trace.counts;
  const end = part.end ?? instructions;
  const plan = newSampler(trace.blocks, sampling, part, () => []);
  let position = trace.seek(0);
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next()) {
    yield {words: chunk.words, length: chunk.length, position};
    position = plan.consume(chunk, position);
    const wanted = plan.wanted(position);
    if (wanted >= end) return;
    const before = trace.task;
    position = trace.seek(wanted);
    const {task} = trace;
    if (before !== undefined && task !== undefined && !sameTask(before, task))
      yield {words: Uint32Array.of(eventRecord('task-switch', 2), task.space, task.task), length: 3, position};
  }
}
