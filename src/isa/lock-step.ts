/**
 * Runs a program by two engines in lock step: portions of instructions by one and by the other, and a comparison behind
 * each of all that the guest or a trace can see. Runs are deterministic, so when a portion ends differently both are
 * started again and led to the block behind which they first differ (lock-step-report.ts).
 *
 * One difference is none: translated code leaves out flags that are overwritten before anything reads them. Flags alone
 * may differ for as long as that lasts.
 */
import {Emulator, type EmulatorOptions} from './emulator.ts';
import {Pair, type PairPlan} from './lock-step-pair.ts';
import {describeDisagreement} from './lock-step-report.ts';
import {type Difference, differences, isOnlyFlags, settles} from './lock-step-state.ts';

export interface LockStepOptions {
  /** Instructions between two comparisons. */
  readonly portion?: number;
  /** Instructions after which both are stopped. */
  readonly limit?: number;
  /** The reference and the engine under test: `interpret` and `translate`. */
  readonly engines?: PairPlan['engines'];
  /** Makes another emulator than {@link Emulator}, for tests of this mode. */
  readonly create?: PairPlan['create'];
}

/** As for {@link Emulator}, but the input is bytes, because it may be read more than once. */
export interface LockStepProgram
  extends Omit<EmulatorOptions, 'engine' | 'stdin' | 'write' | 'warn' | 'terminal'>,
    Partial<Pick<EmulatorOptions, 'write' | 'warn'>> {
  readonly stdin?: Uint8Array;
}

export interface LockStepOutcome {
  /** Executed by each engine; up to the last comparison without a difference when there is a report. */
  readonly instructions: number;
  /** Undefined when the program did not end. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The message of what neither engine could go on for. */
  readonly error: string | undefined;
  /** What differs, and where, in lines. */
  readonly report: string | undefined;
}

const DEFAULT_PORTION = 20_000;

/**
 * @param program `write` and `warn` get what both engines agree on.
 * @throws ElfError, RootError as {@link Emulator} does.
 */
export const runInLockStep = (
  elf: Uint8Array | undefined,
  {write, warn, ...options}: LockStepProgram,
  {portion = DEFAULT_PORTION, limit = Number.MAX_SAFE_INTEGER, engines, create}: LockStepOptions = {},
): LockStepOutcome => {
  const plan: PairPlan = {
    elf,
    options,
    engines: engines ?? ['interpret', 'translate'],
    create: create ?? ((file, all) => new Emulator(file, all)),
  };
  const pair = new Pair(plan);
  /** Counts that both were led through, up to the last agreement, and from there. */
  const agreed: number[] = [];
  let since: number[] = [];
  const advance = (count: number): readonly Difference[] => {
    since.push(count);
    const [reference, other] = pair.runTo(count);
    const found = differences(reference, other);
    if (!isOnlyFlags(found)) return found;
    for (const [fd, data] of reference.output) write?.(fd, data);
    for (const line of reference.warnings) warn?.(line);
    if (found.length > 0) return found;
    agreed.push(...since);
    since = [];
    return found;
  };
  while (!pair.hasEnded && pair.instructions < limit) {
    const before = pair.instructions;
    if (settles(pair, advance(Math.min(limit, before + portion)), advance)) continue;
    const report = describeDisagreement(plan, agreed, since);
    return {instructions: before, exitCode: undefined, signal: undefined, error: undefined, report};
  }
  const [{emulator, error}] = pair.runners;
  return {
    instructions: emulator.instructions,
    exitCode: emulator.exitCode,
    signal: emulator.signal,
    error,
    report: undefined,
  };
};
