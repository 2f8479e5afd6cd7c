/** What must hold for any record stream, whoever produced it. Replay relies on these and does not check them again. */
import {type Block, type BlockTable, isUnknown, MAX_BLOCK_INSTRUCTIONS} from './blocks.ts';
import {EVENT_CHOICES, EVENT_FIELDS, EVENT_KINDS, MARKERS} from './events.ts';
import {
  ACCESS_WORDS,
  accessExclusive,
  accessKind,
  accessSize,
  accessSlot,
  eventKind,
  eventPayload,
  PREFETCH,
  recordAccesses,
  recordBlock,
} from './records.ts';
import type {TraceChunk, TraceSource} from './source.ts';
import {isEvent, recordWords} from './walk.ts';

export type Rule =
  | 'block-table'
  | 'record-whole'
  | 'block-known'
  | 'access-count'
  | 'access-slot'
  | 'access-size'
  | 'access-kind'
  | 'access-range'
  | 'event-kind'
  | 'event-payload'
  | 'marker-order';

export interface Violation {
  readonly rule: Rule;
  /** Number of the record, from 0; -1 for the block table. */
  readonly record: number;
  readonly message: string;
}

const RESERVED_META_BITS = 0xf000;
const LARGEST_ACCESS = 128;

const legalSize = (size: number): boolean =>
  size === 1 || size === 2 || (size > 0 && size <= LARGEST_ACCESS && size % 4 === 0);

type Found = readonly [rule: Rule, message: string];

function* checkAccess(address: number, meta: number, block: Block, previousSlot: number): Generator<Found> {
  const [kind, size, slot] = [accessKind(meta), accessSize(meta), accessSlot(meta)];
  const instructions = block.instructions.length;
  if (slot >= instructions) yield ['access-slot', `slot ${slot} in a block of ${instructions} instructions`];
  else if (slot <= previousSlot) yield ['access-slot', `slot ${slot} after slot ${previousSlot}`];
  if (kind > PREFETCH || (meta & RESERVED_META_BITS) !== 0) yield ['access-kind', `access word 0x${meta.toString(16)}`];
  if (kind === PREFETCH) {
    if (accessExclusive(meta) === 1) yield ['access-kind', 'exclusive prefetch'];
    return;
  }
  if (!legalSize(size)) yield ['access-size', `access of ${size} bytes`];
  if (address + size > 2 ** 32) yield ['access-range', `access of ${size} bytes at 0x${address.toString(16)}`];
}

function* checkBlockRecord(words: Uint32Array, at: number, blocks: BlockTable): Generator<Found> {
  const block = blocks[recordBlock(words[at]!)];
  if (block === undefined) {
    yield ['block-known', `block ${recordBlock(words[at]!)} of ${blocks.length}`];
    return;
  }
  const accesses = recordAccesses(words[at]!);
  if (accesses > block.instructions.length) {
    yield ['access-count', `${accesses} accesses by ${block.instructions.length} instructions`];
  }
  let previousSlot = -1;
  for (let access = 0; access < accesses; access++) {
    const meta = words[at + 2 + access * ACCESS_WORDS]!;
    yield* checkAccess(words[at + 1 + access * ACCESS_WORDS]!, meta, block, previousSlot);
    previousSlot = accessSlot(meta);
  }
}

/** In a stream, warm, begin, end: each at most once and in this order; `warm` may be missing. */
class MarkerOrder {
  #last = -1;

  *check(marker: number): Generator<Found> {
    const name = MARKERS[marker];
    if (name === undefined) yield ['event-payload', `unknown marker ${marker}`];
    else if (marker <= this.#last) yield ['marker-order', `'${name}' after '${MARKERS[this.#last]}'`];
    else if (name === 'end' && MARKERS[this.#last] !== 'begin') yield ['marker-order', "'end' without 'begin'"];
    this.#last = Math.max(this.#last, marker);
  }
}

function* checkEvent(words: Uint32Array, at: number, order: MarkerOrder): Generator<Found> {
  const kind = EVENT_KINDS[eventKind(words[at]!)];
  const payload = eventPayload(words[at]!);
  if (kind === undefined) yield ['event-kind', `unknown kind of event ${eventKind(words[at]!)}`];
  else if (payload !== EVENT_FIELDS[kind].length) yield ['event-payload', `'${kind}' with ${payload} words`];
  else if (kind === 'marker') yield* order.check(words[at + 1]!);
  else if (words[at + 1]! >= (EVENT_CHOICES[kind]?.length ?? Number.POSITIVE_INFINITY))
    yield ['event-payload', `unknown ${EVENT_FIELDS[kind][0]} ${words[at + 1]} of '${kind}'`];
}

/** `block` must be number `id` of the table. */
function* checkBlock(block: Block, id: number): Generator<Found> {
  const count = block.instructions.length;
  const complain = (message: string): Found => ['block-table', `block ${id}: ${message}`];
  if (block.id !== id) yield complain(`has id ${block.id}`);
  if (count === 0 || count > MAX_BLOCK_INSTRUCTIONS) yield complain(`${count} instructions`);
  const [smallest, align] = block.isa === 'a32' ? [4, 4] : [2, 2];
  const least = isUnknown(block) ? 1 : count;
  if (block.size < smallest * least || block.size > 4 * count || block.size % align !== 0) {
    yield complain(`${count} ${block.isa} instructions in ${block.size} bytes`);
  }
  if (block.address % align !== 0) yield complain(`${block.isa} code at 0x${block.address.toString(16)}`);
  if (block.address + block.size > 2 ** 32) yield complain('runs beyond the address space');
}

/** Checks chunk after chunk of one trace. */
export class TraceChecker {
  readonly #blocks: BlockTable;
  /** By vCPU. */
  readonly #orders: MarkerOrder[] = [];
  #blocksChecked = 0;
  /** Instructions of each block, as far as blocks are checked. */
  #lengths = new Uint8Array(1024);
  /** Records so far. */
  record = 0;

  constructor(blocks: BlockTable) {
    this.#blocks = blocks;
  }

  *check({words, length, vcpu = 0}: TraceChunk): Generator<Violation> {
    yield* this.#checkBlocks();
    this.#orders[vcpu] ??= new MarkerOrder();
    const order = this.#orders[vcpu];
    for (let at = 0; at < length; this.record++) {
      const {record} = this;
      const next = at + recordWords(words[at]!);
      if (next > length) {
        yield {rule: 'record-whole', record, message: `${next - length} words are missing at the end of its chunk`};
        break;
      }
      const found = isEvent(words[at]!) ? checkEvent(words, at, order) : checkBlockRecord(words, at, this.#blocks);
      for (const [rule, message] of found) yield {rule, record, message};
      at = next;
    }
  }

  /** The first violation of a chunk; as {@link check}, but fast where there is none. */
  first(chunk: TraceChunk): Violation | undefined {
    const [inBlocks] = this.#checkBlocks();
    if (inBlocks !== undefined) return inBlocks;
    const records = plainRecords(chunk, this.#lengths, this.#blocksChecked);
    if (records < 0) return this.check(chunk).next().value as Violation | undefined;
    this.record += records;
    return undefined;
  }

  *#checkBlocks(): Generator<Violation> {
    const blocks = this.#blocks;
    if (blocks.length > this.#lengths.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(blocks.length)));
      grown.set(this.#lengths);
      this.#lengths = grown;
    }
    for (; this.#blocksChecked < blocks.length; this.#blocksChecked++) {
      const block = blocks[this.#blocksChecked]!;
      for (const [rule, message] of checkBlock(block, this.#blocksChecked)) yield {rule, record: -1, message};
      this.#lengths[this.#blocksChecked] = block.instructions.length;
    }
  }
}

/**
 * Records of a chunk in which every block execution keeps the rules and there is no event, by plain comparisons;
 * -1 when there may be more to say.
 */
const plainRecords = ({words, length}: TraceChunk, lengths: Uint8Array, blocks: number): number => {
  let records = 0;
  for (let at = 0; at < length; records++) {
    const head = words[at++]!;
    const id = recordBlock(head);
    const accesses = recordAccesses(head);
    if (isEvent(head) || id >= blocks || accesses > lengths[id]!) return -1;
    const end = at + accesses * ACCESS_WORDS;
    if (end > length) return -1;
    const instructions = lengths[id]!;
    let previousSlot = -1;
    for (; at < end; at += ACCESS_WORDS) {
      const meta = words[at + 1]!;
      const slot = accessSlot(meta);
      if (slot <= previousSlot || slot >= instructions) return -1;
      previousSlot = slot;
      const kind = accessKind(meta);
      if (kind > PREFETCH || (meta & RESERVED_META_BITS) !== 0) return -1;
      if (kind === PREFETCH) {
        if (accessExclusive(meta) === 1) return -1;
        continue;
      }
      const size = accessSize(meta);
      if (!legalSize(size) || words[at]! + size > 2 ** 32) return -1;
    }
  }
  return records;
};

/** Runs `source` to its end and yields what is wrong with it. */
export function* checkTrace(source: TraceSource): Generator<Violation> {
  const checker = new TraceChecker(source.blocks);
  for (let chunk = source.next(); chunk !== undefined; chunk = source.next()) yield* checker.check(chunk);
}
