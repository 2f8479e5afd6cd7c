/** What the translator knows of one operation: the code for it, and its use of the flags. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {Execute, Operation} from '../core/operation.ts';
import type {Emitter} from './emitter.ts';
import {ALL_FLAGS, type FlagUse} from './flags.ts';

export interface Translation {
  /** Emits the operation, whose condition holds. It never branches: that is what {@link Branch} is for. */
  readonly emit: (emitter: Emitter, operation: Operation) => void;
  /** It writes double registers by {@link Emitter.setDouble} only. */
  readonly keepsDoubles?: boolean;
  readonly flags?: (operation: Operation) => FlagUse;
  /** The operation may write pc; `emit` then leaves the target in a local. */
  readonly writesPc?: boolean;
}

/** Translations by what the interpreter executes. */
export type Rows = readonly (readonly [Execute, Translation])[];

/** Of an operation without a translation, or whose translation says nothing. */
export const defaultFlagUse = ({pipeline}: Operation): FlagUse => ({
  reads: (pipeline.reads & FLAGS_BIT) !== 0 ? ALL_FLAGS : 0,
  writes: 0,
});
