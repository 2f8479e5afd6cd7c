/**
 * Chunks of one producer for several consumers on other threads, in shared memory: each is written once and read by all.
 * A thread that waits sleeps, so both ends belong on worker threads. A chunk of no words is the end.
 */
import {type MessagePort, receiveMessageOnPort} from 'node:worker_threads';
import type {Block, BlockTable} from './blocks.ts';
import {PACKINGS} from './container.ts';
import type {TraceChunk} from './source.ts';
import {lastBoundary} from './walk.ts';

const SLOTS = 8;
/** Words that a slot holds: so many that they stay in a cache until the last consumer has read them. */
export const PIECE_WORDS = PACKINGS.fast.chunkWords;

// Of the control words, i32s: whether all shall stop, chunks produced, for each consumer the chunks that it is done with, and for
// each slot its length, blocks and vCPU.
const STOPPED = 0;
const PRODUCED = 1;
const CONSUMED = 2;
const SLOT_WORDS = 3;

/** A thread that was about to sleep when all were told to stop hears of it then. */
const LONGEST_SLEEP_MILLISECONDS = 200;

export interface Ring {
  readonly control: Int32Array<SharedArrayBuffer>;
  /** Where each slot's chunk begins: the number of its first instruction, NaN where it follows on. */
  readonly positions: Float64Array<SharedArrayBuffer>;
  readonly words: Uint32Array<SharedArrayBuffer>;
  readonly consumers: number;
}

export const newRing = (consumers: number): Ring => ({
  control: new Int32Array(new SharedArrayBuffer(4 * (CONSUMED + consumers + SLOTS * SLOT_WORDS))),
  positions: new Float64Array(new SharedArrayBuffer(8 * SLOTS)),
  words: new Uint32Array(new SharedArrayBuffer(4 * SLOTS * PIECE_WORDS)),
  consumers,
});

/** Makes every thread at the ring throw at its next chunk. Threads that end by themselves do so cleanly, whatever they were at. */
export const stopRing = ({control, consumers}: Ring): void => {
  Atomics.store(control, STOPPED, 1);
  for (let word = PRODUCED; word < CONSUMED + consumers; word++) Atomics.notify(control, word);
};

/** Sleeps while a control word has this value. @throws Error when all shall stop. */
const awaitChange = ({control}: Ring, word: number, value: number): void => {
  while (Atomics.load(control, word) === value) {
    if (Atomics.load(control, STOPPED) !== 0) throw new Error('stopped');
    Atomics.wait(control, word, value, LONGEST_SLEEP_MILLISECONDS);
  }
  if (Atomics.load(control, STOPPED) !== 0) throw new Error('stopped');
};

/** A chunk, and the number of its first instruction where that does not follow from the chunk before. */
export interface PlacedChunk extends TraceChunk {
  readonly position?: number;
}

const slotOf = ({consumers}: Ring, sequence: number): {readonly slot: number; readonly at: number} => {
  const slot = sequence % SLOTS;
  return {slot, at: CONSUMED + consumers + slot * SLOT_WORDS};
};

export class RingWriter {
  readonly #ring: Ring;
  readonly #blocks: BlockTable;
  readonly #ports: readonly MessagePort[];
  #sequence = 0;
  #sent = 0;

  /** @param ports one to each consumer, for blocks. */
  constructor(ring: Ring, blocks: BlockTable, ports: readonly MessagePort[]) {
    this.#ring = ring;
    this.#blocks = blocks;
    this.#ports = ports;
  }

  /** Hands over whole records, in as many pieces as it takes; waits for room. */
  write({words, length, vcpu = 0, position = Number.NaN}: PlacedChunk): void {
    this.#sendBlocks();
    for (let from = 0; from < length; ) {
      const to = length - from <= PIECE_WORDS ? length : lastBoundary(words, from, from + PIECE_WORDS);
      this.#put({
        words: words.subarray(from, to),
        length: to - from,
        vcpu,
        position: from === 0 ? position : Number.NaN,
      });
      from = to;
    }
  }

  end(): void {
    this.#put({words: new Uint32Array(0), length: 0, vcpu: 0, position: Number.NaN});
  }

  #sendBlocks(): void {
    if (this.#sent === this.#blocks.length) return;
    const blocks = this.#blocks.slice(this.#sent);
    for (const port of this.#ports) port.postMessage(blocks);
    this.#sent = this.#blocks.length;
  }

  #put({words, length, vcpu, position}: Required<PlacedChunk>): void {
    const ring = this.#ring;
    const {slot, at} = slotOf(ring, this.#sequence);
    for (let consumer = 0; consumer < ring.consumers; consumer++)
      // The slot is free when this consumer has done all but the chunks in the other slots.
      awaitChange(ring, CONSUMED + consumer, this.#sequence - SLOTS);
    ring.words.set(words, slot * PIECE_WORDS);
    ring.positions[slot] = position;
    ring.control[at] = length;
    ring.control[at + 1] = this.#sent;
    ring.control[at + 2] = vcpu;
    this.#sequence++;
    Atomics.store(ring.control, PRODUCED, this.#sequence);
    Atomics.notify(ring.control, PRODUCED);
  }
}

export class RingReader {
  /** Grows as chunks come. */
  readonly blocks: Block[] = [];
  readonly #ring: Ring;
  readonly #consumer: number;
  readonly #port: MessagePort;
  #sequence = 0;

  /** @param index of the consumer, from 0. */
  constructor(ring: Ring, index: number, port: MessagePort) {
    this.#ring = ring;
    this.#consumer = CONSUMED + index;
    this.#port = port;
  }

  /** Passes each chunk to `use`, which must be done with it when it returns, until the end. */
  read(use: (chunk: Required<PlacedChunk>) => void): void {
    const ring = this.#ring;
    for (;;) {
      awaitChange(ring, PRODUCED, this.#sequence);
      const {slot, at} = slotOf(ring, this.#sequence);
      const length = ring.control[at]!;
      if (length === 0) return;
      this.#receiveBlocks(ring.control[at + 1]!);
      const first = slot * PIECE_WORDS;
      const words = ring.words.subarray(first, first + length);
      use({words, length, vcpu: ring.control[at + 2]!, position: ring.positions[slot]!});
      this.#sequence++;
      Atomics.store(ring.control, this.#consumer, this.#sequence);
      Atomics.notify(ring.control, this.#consumer);
    }
  }

  /** They were sent before the chunk that needs them. */
  #receiveBlocks(count: number): void {
    while (this.blocks.length < count) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) throw new Error(`${count - this.blocks.length} blocks of the trace did not arrive`);
      for (const block of received.message as readonly Block[]) this.blocks.push(block);
    }
  }
}
