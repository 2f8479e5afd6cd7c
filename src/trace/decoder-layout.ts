/**
 * Where the decoder of columns (kernel/decode.ts, AssemblyScript) keeps what, in bytes of its memory; read by it and by what
 * sets it up, so both languages have to understand it: numbers only.
 */
/** Words of a chunk, at most: MOST_CHUNK_WORDS of container.ts, which a test compares with. */
export const DECODED_WORDS = 1048576;

/** i32s that a decoded chunk leaves. */
export const INSTRUCTIONS = 0;
export const RECORDS = 4;
export const EVENTS = 8;
/** Kinds of event that there are; the host writes it. */
export const KINDS = 12;
/** By kind of event a byte: words of its payload. The host writes it. */
export const PAYLOAD_WORDS = 64;
/** By kind of event a byte: what its first word must be less than; 0 where any will do. The host writes it. */
export const CHOICES = 96;
export const EVENT_KIND_COUNT = 32;
/** Word offsets of the events' records, as far as there is room. */
export const EVENT_LIST = 128;
export const MOST_EVENTS = 65536;

/** Columns of a chunk, as stored. */
export const COLUMNS = 262272;
export const MOST_COLUMN_BYTES = 6291481;
/** Words of the chunk. */
export const WORDS = 6553792;
/** By block as it comes in the chunk, from 1; 0 is the one before the first. Members of each: */
export const CHUNK_BLOCKS = 10748096;
export const FOLLOWER_HEAD = 0;
export const FOLLOWER = 4;
/** Its part of {@link ACCESSES}: place and room. */
export const START = 8;
export const CAPACITY = 12;
/** Of its accesses as they are, how many from the first keep the rules. */
export const CHECKED = 16;
export const BLOCK_INSTRUCTIONS = 20;
export const CHUNK_BLOCK_BYTES = 24;
/** By access of a block: what it was last time, and which guess of its address was right. */
export const ACCESSES = 35913984;
export const META = 0;
export const ADDRESS = 4;
export const STRIDE = 8;
/** In {@link HISTORY}. */
export const PLACE = 12;
export const CHOICE = 16;
export const ACCESS_BYTES = 24;
export const MOST_ENTRIES = 524288;
/** By kind of event: the number of its block in this chunk, and the chunk that says so. */
export const EVENT_BLOCKS = 48496896;
export const NUMBER = 0;
export const CHUNK = 4;
export const NUMBERED_BYTES = 8;
/** Addresses of the chunk's accesses; below them zeros, for the {@link NEIGHBOURS} that were not before the first. */
export const HISTORY = 48497536;
/** As in columns/guesses.ts, which a test compares with. */
export const NEIGHBOURS = 32;
/** By block of the dictionary, the same as by kind of event; behind them all a byte for the instructions of each. */
export const DICTIONARY = 50594816;
