/** What a machine goes on from, as plain data. */
import type {VirtualCpuState} from '../isa/system/virtual-cpu.ts';
import type {Marker} from '../trace/events.ts';
import type {DeviceKind} from './boards.ts';
import type {TimerState} from './devices/generic-timer.ts';
import type {GicState} from './devices/gic.ts';
import type {Turns} from './turns.ts';
import type {StopReason} from './virtual-cpu.ts';

/** The loop's own state. */
export interface LoopState {
  readonly turns: Turns;
  readonly time: number;
  readonly seen: number;
  /** Guest time up to which the round in progress goes, or the turn in progress of one that shares its CPU, and whose turn it is; null between them. */
  readonly horizon: number | null;
  readonly turn: number;
  /** That the last step executed. */
  readonly marker: Marker | null;
  readonly slots: readonly {readonly stop: StopReason; readonly time: number; readonly executed: number}[];
}

/** All that a machine goes on from, but its RAM. */
export interface MachineState {
  readonly loop: LoopState;
  readonly input: readonly number[];
  readonly cores: readonly VirtualCpuState[];
  readonly gic: GicState;
  readonly timer: TimerState;
  /** By kind. */
  readonly devices: Readonly<Partial<Record<DeviceKind, unknown>>>;
}
