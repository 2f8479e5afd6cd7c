/**
 * The records of one core while it is recorded. An event stands before the record of the block that it happens in, unless only
 * a block's last instruction can bring it about: then it stands behind it.
 */
import {TraceBuffer} from '../../trace/buffer.ts';
import type {EventKind} from '../../trace/events.ts';
import {ACCESS_WORDS, accessSlot, blockRecord} from '../../trace/records.ts';

const ENDS_BLOCK: ReadonlySet<EventKind> = new Set([
  'marker',
  'task-switch',
  'tlb-maintenance',
  'exception-entry',
  'exception-return',
  'wait',
  'send-event',
  'hypercall',
  'timer-program',
  'release',
] as const);

const WORDS = 2 ** 16;
const NONE = -1;

export class CoreTrace extends TraceBuffer {
  /** Must make room: there may be none for another block. */
  onFull: () => void = () => {};
  /** Where the record of the block in progress begins. */
  #open = NONE;
  /** Completes the record of a block that stopped in its middle, if nothing comes between that and the rest of the block. */
  #cut: (() => void) | undefined = undefined;
  readonly #behind: (readonly [kind: EventKind, payload: readonly number[]])[] = [];

  constructor() {
    super(new Uint32Array(WORDS));
  }

  /** A block's record is in progress. */
  get isOpen(): boolean {
    return this.#open !== NONE;
  }

  override event(kind: EventKind, ...payload: readonly number[]): void {
    // An edge from a core that another's turn finds within a block begins before that block: it is short of a part of it, where
    // a cut for each edge would leave blocks that are like no other.
    const isEarly = kind === 'release' && this.#cut !== undefined;
    if (!isEarly) this.cut();
    const open = this.#open;
    if (open !== NONE && !isEarly && ENDS_BLOCK.has(kind)) {
      this.#behind.push([kind, payload]);
      return;
    }
    if (this.length > this.high) this.onFull();
    if (this.#open === NONE) super.event(kind, ...payload);
    else this.#insert(kind, payload);
  }

  /** The record of a block: what is appended from now on are its accesses. */
  begin(): void {
    this.#open = this.length++;
  }

  /** A block stops between two of its instructions: goes on, or is cut there. */
  suspend(cut: () => void): void {
    // An edge that begins behind this block must not wait for one that comes to the rest of it.
    if (this.#behind.length > 0) cut();
    else this.#cut = cut;
  }

  /** @returns whether the block that was suspended may go on in its record. */
  resume(): boolean {
    const isWhole = this.#cut !== undefined;
    this.#cut = undefined;
    return isWhole;
  }

  /** Nothing may join the record of a block that is suspended. */
  cut(): void {
    const cut = this.#cut;
    this.#cut = undefined;
    cut?.();
  }

  /** The accesses of the block in progress. */
  *accesses(): Generator<readonly [address: number, meta: number]> {
    for (let at = this.#open + 1; at < this.length; at += ACCESS_WORDS) yield [this.words[at]!, this.words[at + 1]!];
  }

  /** The block in progress has executed `count` instructions, and is entry `block` of the dictionary then. */
  close(block: number, count: number): void {
    const {words} = this;
    const open = this.#open;
    // An instruction that an exception stopped had begun its access, which it will make again.
    while (this.length > open + 1 && accessSlot(words[this.length - 1]!) >= count) this.length -= ACCESS_WORDS;
    if (count === 0) this.length = open;
    else words[open] = blockRecord(block, (this.length - open - 1) / ACCESS_WORDS);
    this.#open = NONE;
    for (const [kind, payload] of this.#behind.splice(0)) super.event(kind, ...payload);
    if (this.length > this.high) this.onFull();
  }

  /** What is recorded so far, but for a block in progress. */
  get whole(): Uint32Array {
    return this.words.subarray(0, this.#open === NONE ? this.length : this.#open);
  }

  /** Forgets what {@link whole} gave. */
  drop(): void {
    const end = this.whole.length;
    this.words.copyWithin(0, end, this.length);
    this.length -= end;
    if (this.#open !== NONE) this.#open = 0;
  }

  #insert(kind: EventKind, payload: readonly number[]): void {
    const [open, end] = [this.#open, this.length];
    const moved = this.words.slice(open, end);
    this.length = open;
    super.event(kind, ...payload);
    this.#open = this.length;
    this.words.set(moved, this.length);
    this.length += moved.length;
  }
}
