/**
 * Decodes the columns of a chunk as src/trace/columns/decode.ts does, and checks its records by the rules of
 * src/trace/check.ts. What is unusual (damage, a broken rule, an event that is not known) is left to those two, which can say
 * what it is. Build: npm run build:decoder.
 */
import {
  ACCESS_BYTES,
  ACCESSES,
  ADDRESS,
  BLOCK_INSTRUCTIONS,
  CAPACITY,
  CHECKED,
  CHOICE,
  CHOICES,
  CHUNK,
  CHUNK_BLOCK_BYTES,
  CHUNK_BLOCKS,
  COLUMNS,
  DICTIONARY,
  EVENT_BLOCKS,
  EVENT_KIND_COUNT,
  EVENT_LIST,
  EVENTS,
  FOLLOWER,
  FOLLOWER_HEAD,
  HISTORY,
  INSTRUCTIONS,
  KINDS,
  META,
  MOST_ENTRIES,
  MOST_EVENTS,
  NEIGHBOURS,
  NUMBER,
  NUMBERED_BYTES,
  PAYLOAD_WORDS,
  PLACE,
  RECORDS,
  START,
  STRIDE,
  WORDS,
} from '../src/trace/decoder-layout';

const EVENT_FLAG: u32 = 0x8000_0000;
const MOST_ACCESSES: u32 = 255;
const LARGEST_ACCESS: u32 = 128;
const PREFETCH: u32 = 2;
const EXCLUSIVE: u32 = 0x800;
const RESERVED_META_BITS: u32 = 0xf000;
/** Bytes of a column that are looked at together. */
const EIGHT: u32 = 8;
/** No number of a column. */
const BAD: u64 = u64.MAX_VALUE;
const WORD: u64 = 0x1_0000_0000;
/** Of the column of choices: no guess is right. */
const NEITHER: u32 = <u32>NEIGHBOURS + 2;

/** Behind the number that was taken last. */
let cursor: usize = 0;
/** Of the chunk: its own number, blocks and entries so far. */
let chunk: i32 = 0;
let blockCount: i32 = 0;
let entryCount: u32 = 0;
let dictionary: i32 = 0;

/** A number of the column that ends at `end`. */
function take(from: usize, end: usize): u64 {
  let at = from;
  let value: u64 = 0;
  for (let shift: u64 = 0; shift <= 28; shift += 7) {
    if (at >= end) return BAD;
    const byte = load<u8>(at++);
    value |= (<u64>(byte & 0x7f)) << shift;
    if (byte < 0x80) {
      cursor = at;
      return value;
    }
  }
  return BAD;
}

function placeOf(block: i32): usize {
  return CHUNK_BLOCKS + <usize>block * CHUNK_BLOCK_BYTES;
}

function reserve(block: usize, accesses: u32): bool {
  if (entryCount + accesses > <u32>MOST_ENTRIES) return false;
  const start = ACCESSES + <usize>entryCount * ACCESS_BYTES;
  entryCount += accesses;
  store<u32>(block + START, <u32>start);
  store<u32>(block + CAPACITY, accesses);
  memory.fill(start, 0, <usize>accesses * ACCESS_BYTES);
  return true;
}

function grow(block: usize, accesses: u32): bool {
  const from = <usize>load<u32>(block + START);
  const bytes = <usize>load<u32>(block + CAPACITY) * ACCESS_BYTES;
  if (!reserve(block, min(MOST_ACCESSES, accesses * 2))) return false;
  memory.copy(load<u32>(block + START), from, bytes);
  return true;
}

/** The place that numbers the block of `head`; 0 for what is unusual. */
function numbered(head: u32): usize {
  if (head >= EVENT_FLAG) {
    const kind = (head >>> 16) & 0x7fff;
    return kind < <u32>EVENT_KIND_COUNT ? EVENT_BLOCKS + <usize>kind * NUMBERED_BYTES : 0;
  }
  const id = <i32>(head >>> 8);
  return id < dictionary ? DICTIONARY + <usize>id * NUMBERED_BYTES : 0;
}

/** `head` came behind `previous` where another was guessed. Returns its block, 0 for what is unusual. */
function learn(previous: i32, head: u32): i32 {
  const at = numbered(head);
  if (at === 0) return 0;
  const accesses: u32 = head >= EVENT_FLAG ? 0 : head & 0xff;
  let block: i32;
  if (load<i32>(at + CHUNK) === chunk) {
    block = load<i32>(at + NUMBER);
    const place = placeOf(block);
    if (load<u32>(place + CAPACITY) < accesses && !grow(place, accesses)) return 0;
  } else {
    block = ++blockCount;
    store<i32>(at + CHUNK, chunk);
    store<i32>(at + NUMBER, block);
    const place = placeOf(block);
    store<i32>(place + FOLLOWER, 0);
    store<u32>(place + CHECKED, 0);
    const lengths = DICTIONARY + <usize>dictionary * NUMBERED_BYTES;
    store<u32>(place + BLOCK_INSTRUCTIONS, head >= EVENT_FLAG ? 0 : load<u8>(lengths + (head >>> 8)));
    if (!reserve(place, accesses)) return 0;
  }
  const before = placeOf(previous);
  store<u32>(before + FOLLOWER_HEAD, head);
  store<i32>(before + FOLLOWER, block);
  return block;
}

/** Do the accesses at `start` keep the rules? */
function areSound(start: usize, accesses: u32, instructions: u32): bool {
  if (accesses > instructions) return false;
  let previousSlot = -1;
  for (let access: u32 = 0; access < accesses; access++) {
    const meta = load<u32>(start + <usize>access * ACCESS_BYTES + META);
    const slot = <i32>(meta >>> 16);
    if (slot <= previousSlot || slot >= <i32>instructions) return false;
    previousSlot = slot;
    const kind = (meta >>> 8) & 7;
    if (kind > PREFETCH || (meta & RESERVED_META_BITS) !== 0) return false;
    if (kind === PREFETCH) {
      if ((meta & EXCLUSIVE) !== 0) return false;
      continue;
    }
    const size = meta & 0xff;
    if (size !== 1 && size !== 2 && (size === 0 || size > LARGEST_ACCESS || (size & 3) !== 0)) return false;
  }
  return true;
}

/** Does an access end behind the last byte of the address space? A prefetch may; that is unusual enough. */
function endsBeyond(address: u32, meta: u32): bool {
  return address > 0xffff_ff00 && <u64>address + <u64>(meta & 0xff) > WORD;
}

/** Guess `choice` of the address of the access at `place`. */
function guess(entry: usize, place: usize, choice: u32): u32 {
  const last = load<u32>(entry + ADDRESS);
  if (choice === 0) return last + load<u32>(entry + STRIDE);
  const before = HISTORY - ((<usize>choice) << 2);
  return last + load<u32>(before + place) - load<u32>(before + <usize>load<u32>(entry + PLACE));
}

function remember(entry: usize, place: usize, address: u32): void {
  store<u32>(entry + STRIDE, address - load<u32>(entry + ADDRESS));
  store<u32>(entry + ADDRESS, address);
  store<u32>(entry + PLACE, <u32>place);
  store<u32>(HISTORY + place, address);
}

/**
 * Decodes `bytes` bytes of columns to `length` words, with a dictionary of `blocks` blocks; `number` is any that no chunk
 * before had. Returns whether all is as usual.
 */
export function decode(bytes: i32, length: i32, blocks: i32, number: i32): bool {
  chunk = number;
  dictionary = blocks;
  blockCount = 0;
  entryCount = 0;
  store<i32>(placeOf(0) + FOLLOWER, 0);
  const last = COLUMNS + <usize>bytes;
  cursor = COLUMNS;
  const headBytes = take(cursor, last);
  const metaBytes = headBytes === BAD ? BAD : take(cursor, last);
  const choiceBytes = metaBytes === BAD ? BAD : take(cursor, last);
  const surpriseBytes = choiceBytes === BAD ? BAD : take(cursor, last);
  const payloadBytes = surpriseBytes === BAD ? BAD : take(cursor, last);
  if (payloadBytes === BAD) return false;
  if (<u64>cursor + headBytes + metaBytes + choiceBytes + surpriseBytes + payloadBytes !== <u64>last) return false;
  let heads = cursor;
  const headEnd = heads + <usize>headBytes;
  let metas = headEnd;
  const metaEnd = metas + <usize>metaBytes;
  let choices = metaEnd;
  const choiceEnd = choices + <usize>choiceBytes;
  let surprises = choiceEnd;
  const surpriseEnd = surprises + <usize>surpriseBytes;
  let payloads = surpriseEnd;

  let at: usize = WORDS;
  const end: usize = WORDS + ((<usize>length) << 2);
  let previous: i32 = 0;
  let instructions: u32 = 0;
  let records: i32 = 0;
  let events: i32 = 0;
  /** Of the access in the history, in bytes behind its first. */
  let recent: usize = 0;
  while (at < end) {
    if (heads >= headEnd) return false;
    const place = placeOf(previous);
    let head = load<u32>(place + FOLLOWER_HEAD);
    let block = load<i32>(place + FOLLOWER);
    if (load<u8>(heads) === 0) heads++;
    else {
      const token = take(heads, headEnd);
      if (token > WORD) return false;
      heads = cursor;
      head = <u32>(token - 1);
      block = learn(previous, head);
    }
    if (block === 0) return false;
    previous = block;
    records++;
    if (head >= EVENT_FLAG) {
      const kind = (head >>> 16) & 0x7fff;
      const words = head & 0xffff;
      if (kind >= load<u32>(KINDS)) return false;
      if (words !== load<u8>(PAYLOAD_WORDS + kind) || events === MOST_EVENTS) return false;
      if (at + ((<usize>words + 1) << 2) > end) return false;
      store<i32>(EVENT_LIST + ((<usize>events) << 2), <i32>((at - WORDS) >>> 2));
      events++;
      store<u32>(at, head);
      at += 4;
      for (let left = words; left > 0; left--, at += 4) {
        const value = take(payloads, last);
        if (value >= WORD) return false;
        payloads = cursor;
        store<u32>(at, <u32>value);
      }
      const choices = <u32>load<u8>(CHOICES + kind);
      if (choices !== 0 && load<u32>(at - ((<usize>words) << 2)) >= choices) return false;
      continue;
    }
    const accesses = head & 0xff;
    const next: usize = at + 4 + ((<usize>accesses) << 3);
    if (next > end) return false;
    const own = placeOf(block);
    instructions += load<u32>(own + BLOCK_INSTRUCTIONS);
    store<u32>(at, head);
    at += 4;
    const start = <usize>load<u32>(own + START);
    let checked = load<u32>(own + CHECKED);
    // Every access takes a byte of either column at least, and of the choices no more.
    if (metas + accesses > metaEnd || choices + accesses > choiceEnd) return false;
    let isBeyond = false;
    if (
      accesses <= EIGHT &&
      (load<u64>(metas) | load<u64>(choices)) << ((EIGHT - accesses) << 3) === 0 &&
      accesses !== 0
    ) {
      // All guesses were right.
      metas += accesses;
      choices += accesses;
      for (let entry = start; at < next; at += 8, entry += ACCESS_BYTES) {
        const address = guess(entry, recent, load<u32>(entry + CHOICE));
        const meta = load<u32>(entry + META);
        remember(entry, recent, address);
        recent += 4;
        store<u64>(at, <u64>address | ((<u64>meta) << 32));
        isBeyond = isBeyond || endsBeyond(address, meta);
      }
    }
    for (let entry = start; at < next; at += 8, entry += ACCESS_BYTES) {
      let meta = load<u32>(entry + META);
      if (metas >= metaEnd) return false;
      if (load<u8>(metas) === 0) metas++;
      else {
        const value = take(metas, metaEnd);
        if (value > WORD) return false;
        metas = cursor;
        meta = <u32>(value - 1);
        store<u32>(entry + META, meta);
        checked = 0;
      }
      const token = <u32>load<u8>(choices++);
      if (token !== 0 && token < NEITHER) store<u32>(entry + CHOICE, token - 1);
      let address: u32;
      if (token < NEITHER) address = guess(entry, recent, load<u32>(entry + CHOICE));
      else {
        if (token > NEITHER) return false;
        const value = take(surprises, surpriseEnd);
        if (value >= WORD) return false;
        surprises = cursor;
        address = load<u32>(entry + ADDRESS) + (<u32>(value >>> 1) ^ -(<u32>value & 1));
      }
      remember(entry, recent, address);
      recent += 4;
      store<u32>(at, address);
      store<u32>(at + 4, meta);
      isBeyond = isBeyond || endsBeyond(address, meta);
    }
    if (isBeyond) return false;
    if (checked < accesses) {
      if (!areSound(start, accesses, load<u32>(own + BLOCK_INSTRUCTIONS))) return false;
      checked = accesses;
    }
    store<u32>(own + CHECKED, checked);
  }
  if (heads !== headEnd || metas !== metaEnd || choices !== choiceEnd || surprises !== surpriseEnd || payloads !== last)
    return false;
  store<u32>(INSTRUCTIONS, instructions);
  store<i32>(RECORDS, records);
  store<i32>(EVENTS, events);
  return true;
}
