/** A trace to make or to read, said in data, so that any thread can open it. */
import {checked} from '../trace/checked.ts';
import {openTrace} from '../trace/read.ts';
import type {PlacedChunk} from '../trace/ring.ts';
import type {TraceHeader, TraceSource} from '../trace/source.ts';
import {GuestTrace, type GuestTraceOptions} from '../tracegen/guest-trace.ts';
import type {SamplingOfTrace} from './replayer.ts';
import {wantedChunks} from './sampled-source.ts';

export type TraceRequest =
  | {
      readonly kind: 'trace';
      readonly path: string;
      /** Whose stream is read. */
      readonly vcpu?: number | undefined;
    }
  | {readonly kind: 'guest'; readonly options: GuestTraceOptions};

export interface OpenedTrace {
  readonly header: TraceHeader;
  readonly blocks: TraceSource['blocks'];
  readonly chunks: Iterable<PlacedChunk>;
  close(): void;
}

function* all(source: TraceSource): Generator<PlacedChunk> {
  for (let chunk = source.next(); chunk !== undefined; chunk = source.next()) yield chunk;
}

/**
 * With `sampled`, what is not wanted of a stored trace is not read; a guest executes in full.
 * @throws InputError when the file is no trace, or no guest.
 */
export const openRequest = (request: TraceRequest, sampled: SamplingOfTrace | undefined): OpenedTrace => {
  if (request.kind === 'guest') {
    const guest = new GuestTrace(request.options);
    return {header: guest.header, blocks: guest.blocks, chunks: all(guest), close: () => {}};
  }
  const trace = checked(openTrace(request.path, {vcpu: request.vcpu}));
  return {
    header: trace.header,
    blocks: trace.blocks,
    chunks: sampled ? wantedChunks(trace, sampled.sampling, sampled.part) : all(trace),
    close: () => trace.close(),
  };
};
