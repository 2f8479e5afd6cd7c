/** A core's memory system and pipeline, as a schedule drives it. */
import type {MachineSpaces} from '../costmodel/spaces.ts';
import type {TraceChunk} from '../trace/source.ts';

export interface HostCore {
  /** Replays records up to `until` or behind an event that stops it. Returns the word at which it stopped. */
  consume(chunk: TraceChunk, from: number, until: number): number;
  /** Word of that event, -1 for none. */
  readonly stoppedAt: number;
  /** Simulated time in cycles. */
  time: number;
  /** Address space in place. */
  readonly space: number;
  enter(spaces: MachineSpaces, space: number): void;
  /** Executes a path by its number, waits in full. Returns the cycles that it waited for its lines. */
  execute(path: number): number;
  /** Another core, which shares L2 and memory with it, has run ahead of it. */
  forgetLater(): void;
  /** Of the metrics with these numbers, all that was counted so far. */
  read(metrics: readonly number[], into: Float64Array): void;
}
