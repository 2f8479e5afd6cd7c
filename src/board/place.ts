/** Where in a run a machine is to be stopped. */
import type {Marker} from '../trace/events.ts';

export type Place =
  /** The first end of a turn at or behind so many instructions of all vCPUs. */
  | {readonly kind: 'instructions'; readonly count: number}
  /** The first end of a turn, or of a wait, at or behind that guest time in nanoseconds. */
  | {readonly kind: 'time'; readonly time: number}
  /** Behind the next such mark that a vCPU executes. */
  | {readonly kind: 'marker'; readonly marker: Marker};
