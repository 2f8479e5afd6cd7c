/**
 * Boots a guest on one vCPU of ours and of QEMU's, and finds the first boundary at which they are not the same.
 *
 * Compared, in the order of the run: every exception, interrupts included, with r0–r15 and CPSR as its handler finds them, d0–d31,
 * FPSCR and, of aborts, fault status and address; every return to User mode, with its target; every call of the firmware.
 * Nothing is aligned: both count a nanosecond an instruction from the same first one, and skip idle time, so that
 * interrupts come at the same instruction, and the guest reads the same time and draws the same random numbers.
 *
 * QEMU's log has no SPSR and no other mode's r13 and r14, nor a return that stays in its mode; what comes of them is compared at the
 * next boundary. Of memory, no more is compared than what reaches a register.
 */
import type {ChildProcess} from 'node:child_process';
import type {Readable} from 'node:stream';
import {type Difference, differencesOf} from './boundary.ts';
import {type OwnBoundary, type OwnEnd, ownBoundaries} from './own-boundaries.ts';
import {loadGuest, type QemuBoot, runQemu} from './qemu-boot.ts';
import {LOG_ARGUMENTS, qemuBoundaries} from './qemu-log.ts';
import {trailTo} from './trail.ts';

export interface Divergence {
  /** Number of the boundary, from 0. */
  readonly index: number;
  readonly differences: readonly Difference[];
  /** Ours there, unless it has ended, and the last that was the same. */
  readonly own: OwnBoundary | undefined;
  readonly before: OwnBoundary | undefined;
  /** What our guest had printed last. */
  readonly lastLine: string;
  /** Our instructions that led there, the last ones, as 'address: word'. */
  readonly trail: readonly string[];
}

export interface Comparison {
  /** Boundaries that are the same, by event. */
  readonly events: ReadonlyMap<string, number>;
  readonly end: OwnEnd | undefined;
  /** What the guest printed here and there; the same to the last time stamp unless it diverged. */
  readonly console: string;
  readonly consoleInQemu: string;
  readonly divergence: Divergence | undefined;
}

const text = async (stream: Readable): Promise<string> => {
  const chunks: string[] = [];
  for await (const chunk of stream.setEncoding('utf8')) chunks.push(chunk as string);
  return chunks.join('');
};

const lastLineOf = (printed: string): string => printed.trimEnd().split('\n').at(-1)!.trimEnd();

/** Goes along both runs until they differ or both have ended. */
const follow = async (boot: QemuBoot, qemu: ChildProcess): Promise<Comparison> => {
  qemu.stdin!.end();
  const printedInQemu = text(qemu.stdout!);
  const sent: number[] = [];
  const printed = (): string => Buffer.from(sent).toString('utf8');
  const own = ownBoundaries({loaded: loadGuest(boot), send: (character) => sent.push(character)});
  const theirs = qemuBoundaries(qemu.stderr!.setEncoding('utf8'));
  const events = new Map<string, number>();
  let before: OwnBoundary | undefined;
  for (let index = 0; ; index++) {
    const [mine, other] = [own.next(), await theirs.next()];
    const here = mine.done ? undefined : mine.value;
    const differences = differencesOf(here, other.done ? undefined : other.value);
    if (differences.length > 0) {
      qemu.kill('SIGKILL');
      const trail = trailTo(boot, before?.instructions ?? 0, here?.instructions);
      const divergence = {index, differences, own: here, before, lastLine: lastLineOf(printed()), trail};
      return {events, end: undefined, console: printed(), consoleInQemu: await printedInQemu, divergence};
    }
    if (mine.done) {
      return {events, end: mine.value, console: printed(), consoleInQemu: await printedInQemu, divergence: undefined};
    }
    before = mine.value;
    events.set(before.event, (events.get(before.event) ?? 0) + 1);
  }
};

/** @param boot of one vCPU: QEMU lets several run one after the other on one clock, not beside each other. */
export const compareWithQemu = (boot: QemuBoot): Promise<Comparison> =>
  runQemu(
    boot,
    loadGuest(boot),
    () => LOG_ARGUMENTS,
    (qemu) => follow(boot, qemu),
  );
