/**
 * Where the replay kernel (kernel/, AssemblyScript) keeps what, in bytes of its memory; read by the kernel and by what
 * sets it up, so both languages have to understand it: numbers only.
 */

// One by one, eight bytes each. f64 unless said otherwise; i32s take the lower half.
export const NOW = 0;
export const NEXT_ACTIVITY = 8;
/** No linefill is under way at or after this time. */
export const LATEST_READY = 16;
/** When the line that a store allocated last is there. */
export const STORE_READY = 24;
export const CHANNEL_FREE = 32;
export const NEXT_REFRESH = 40;
/** i64: counts every change of L1I, so that a block found resident stays so until it changes. */
export const INSTRUCTION_GENERATION = 48;
/** i32s from here. */
export const PREVIOUS = 56;
export const HISTORY = 64;
export const FROM_DRAM = 72;
export const STREAMING = 80;
export const FULL_LINES = 88;
export const STREAMED_IN_A_ROW = 96;
/** The line that a store allocated last, and which pieces of it stores have written since. */
export const STORE_LINE = 104;
export const GATHER_LINE = 112;
/** i64: a bit for each byte of the line. */
export const GATHER_BYTES = 120;
export const PREFETCH_STRIDE = 128;
export const PREFETCH_LAST = 136;
export const PREFETCH_MISSES = 144;
export const WRITING = 152;
export const VICTIM_LINE = 160;
export const VICTIM_FLAGS = 168;
/** f64s. */
export const WALK_TIME = 176;
export const TRANSLATION_CYCLES = 184;

// What does not change. f64s:
export const PIPELINE_SCALE = 192;
export const MISPREDICT = 200;
export const TAKEN_BRANCH = 208;
export const MICRO_TLB_MISS = 216;
export const WALK_START = 224;
export const WALK_READ = 232;
export const L2_HIT = 240;
export const DRAM_CAS = 248;
export const DRAM_ACTIVATE = 256;
export const DRAM_PRECHARGE = 264;
export const DRAM_REFRESH_TIME = 272;
export const DRAM_REFRESH_INTERVAL = 280;
export const DRAM_HALF_UNCORE = 288;
export const DRAM_TRANSFER = 296;
export const DRAM_TURNAROUND = 304;
export const DRAM_ROW_LINES = 312;
export const PREFETCH_PAGE_LINES = 320;
// i32s:
export const DRAM_BANKS = 328;
export const PREFETCH_TRIGGER = 336;
export const PREFETCH_MAXIMUM_STRIDE = 344;
export const PREFETCH_DEPTH = 352;
export const LINEFILLS = 360;
export const STORE_BUFFER = 368;
export const READ_ALLOCATE_ENTRY = 376;
export const READ_ALLOCATE_ENTRY_L2 = 384;
export const COUNTER_MASK = 392;
export const HISTORY_BITS = 400;
export const ACTIVITIES = 408;
export const L1I_LINE_BITS = 424;
export const L2_LINE_BITS = 432;
// Places of what has no fixed size.
export const OPEN_ROWS = 440;
export const COUNTERS = 448;
export const TARGETS = 456;
export const ACTIVITY_TABLE = 464;
export const PAIR_TABLE = 472;
export const TOUCHED = 480;
export const RECORDS = 488;
export const BLOCK_TABLE = 496;

// Caches: members of each, behind its place.
export const L1I = 512;
export const L1D = 544;
export const L2 = 576;
export const CACHE_SET_MASK = 0;
export const CACHE_WAYS = 4;
export const CACHE_TAGS = 8;
export const CACHE_FLAGS = 12;
export const CACHE_RANDOM = 16;
/** Slots of a set: its ways, and padding up to a multiple of four that nothing is ever found in. */
export const CACHE_STRIDE = 20;
/** A tag of padding: no line, and not empty. */
export const PADDING = -2;

// TLBs: keys and values are i64s, the next way of each set an i32.
export const MAIN_TLB = 608;
export const WALK_CACHE = 640;
export const IPA_CACHE = 672;
export const TLB_SETS = 0;
export const TLB_WAYS = 4;
export const TLB_KEYS = 8;
export const TLB_VALUES = 12;
export const TLB_NEXT = 16;

// Stages of translation: what there is of each; LEVELS is 0 where there is no such stage.
export const STAGE1_TABLES = 704;
export const STAGE2_TABLES = 768;
/** i64. */
export const STAGE_ROOT = 0;
export const STAGE_LEVELS = 8;
/** Log₂ of a descriptor's bytes. */
export const STAGE_DESCRIPTOR_BITS = 20;
/** An i32 for each level. */
export const STAGE_SPAN_BITS = 24;
export const STAGE_INDEX_BITS = 36;
/** Of a hash table: number of a page (or −1) and the place of its contents. */
export const STAGE_PAGES = 48;

// Micro-TLBs.
export const DATA_TLB = 832;
export const INSTRUCTION_TLB = 848;
export const MICRO_ENTRIES = 0;
export const MICRO_NEXT = 4;
export const MICRO_PAGES = 8;
export const MICRO_FRAMES = 12;
/** A byte for each hashed page: the slot that had it last. */
export const MICRO_HINTS = 864;
export const MICRO_HINT_BYTES = 1024;
// i32s: log₂ of what is a power of two, −1 for what is not.
export const DRAM_ROW_SHIFT = 1888;
export const DRAM_BANK_SHIFT = 1896;
export const PREFETCH_PAGE_SHIFT = 1904;
/** u64: counts, above a line's bits, the changes of the data micro-TLB; those 38 bits outlast any run. */
export const FILTER_EPOCH = 1912;
export const FILTER_LINE_BITS = 26;
/** Place of a u16 for each slot of L1D: 1 + the filter's entry that relies on it, or 0. */
export const FILTER_BACK = 1928;
/** u64s by kind of access: what one adds to the counts, packed {@link KIND_SHIFT} bits apart. */
export const KIND_UNITS = 1936;
export const KIND_SHIFT = 21;
/** Place of the first uses of all blocks' loads, a byte for each instruction. */
export const USES = 1920;
/** Pages of the data micro-TLB: u64 epoch and page, i32 frame. */
export const TRANSLATED = 32768;
export const TRANSLATED_ENTRIES = 256;
/** u64s: lines of virtual addresses found lately, with the epoch of that; for loads, then for stores. */
export const FILTER = 65536;
export const FILTER_ENTRIES = 1024;
/** Log₂ of the bytes of either. */
export const FILTER_SHIFT = 13;

// Address spaces and page sizes.
/** i32: the space in place. */
export const SPACE = 3072;
/** u64: the tag of its entries. */
export const CONTEXT = 3080;
/** i32: not 0 when a switch to another space loses all entries of the guest. */
export const FLUSHES_AT_SWITCH = 3088;
/** i32s: how many sizes there are, and behind that log₂ of each, the smallest first. */
export const ENTRY_SIZES = 3104;
export const STAGE2_SIZES = 3136;
/** Of entries that match in all spaces. */
export const GLOBAL_SIZES = 3168;
export const MOST_SIZES = 7;
/** i32: not 0 when the trace says what stage 1 maps. */
export const IS_MACHINE = 3200;
/** What maps the address that the host was asked for: i32s, but for the last two, which are u32s. */
export const GUEST_PAGE = 3208;
/** Log₂ of the bytes that an entry of it maps natively. */
export const PAGE_ENTRY_BITS = 0;
export const PAGE_IS_GLOBAL = 4;
export const PAGE_IS_UNCACHED = 8;
export const PAGE_DESCRIPTOR_COUNT = 12;
/** Log₂ of what the table of the last descriptor maps, 0 where the walk cache holds none; and the descriptor's place in it. */
export const PAGE_TABLE_SPAN = 16;
export const PAGE_TABLE_OFFSET = 20;
/** Intermediate address of what was asked for, not of its page. */
export const PAGE_INTERMEDIATE = 24;
export const PAGE_DESCRIPTORS = 28;
/** Place in RECORDS of a word of the record that something is looked up for. */
export const RECORD_PLACE = 3248;

// Tags of TLB entries (tlb.ts): of a space, of a regime, of a size; below them the number of a page.
export const TAG_PAGE_BITS = 28;
export const TAG_SIZE_BITS = 5;
export const TAG_REGIME_BITS = 2;
/** Of a main-TLB entry's value, beside the frame: nothing of it is cached. */
export const UNCACHED_BIT = 40;
/** Beside the operations of a trace: everything goes. */
export const DROP_EVERYTHING = 4;

/** f64s by metric. */
export const COUNTS = 4096;
export const MOST_METRICS = 128;
/** Linefill buffers: i32 lines, f64 times. */
export const FILL_LINES = 5120;
export const FILL_READY = 5248;
export const MOST_LINEFILLS = 32;
// More of what changes, eight bytes each. f64s:
export const L2_FREE = 6144;
export const NEXT_OTHER = 6152;
/** i32s from here. */
export const GATHER_PIECE = 6160;
export const GATHER_IN_ORDER = 6168;
export const STORE_PIECE = 6176;
export const STORE_PIECES = 6184;
/** Use of the first of {@link WAITS}, {@link NO_WAIT} for none; and how many there are. */
export const FIRST_WAIT = 6192;
export const WAIT_COUNT = 6200;
// More of what does not. f64s:
export const L2_LINE = 6208;
export const DRAM_OTHER_INTERVAL = 6216;
/** i32s: log₂ of a piece's bytes, pieces of a run less one, place of an f64 for each bank. */
export const MERGE_BITS = 6224;
export const RUN_MASK = 6232;
export const BANK_FREE = 6240;
/** i32s, 0 or 1. */
export const L2_FILLS_ON_MISS = 6248;
export const L2_KEEPS_ON_HIT = 6256;
export const WALK_CACHE_PHYSICAL = 6280;
/** f64s: no block begins at UNTIL or later; the earlier of that and the next activity. */
export const UNTIL = 6264;
export const NEXT_STOP = 6272;
/** i32s: a bit for each kind of event behind which the loop stops; the place in RECORDS of the one it stopped behind, or 0. */
export const STOP_KINDS = 6288;
export const STOPPED_BEHIND = 6296;
// Requests under way: i32s which is next and how many there may be, then an f64 each.
export const MISSES_IN_FLIGHT = 16384;
export const STORES_IN_FLIGHT = 18560;
export const POSTED_IN_FLIGHT = 20736;
export const IN_FLIGHT_NEXT = 0;
export const IN_FLIGHT_COUNT = 4;
export const IN_FLIGHT_DONE = 8;
export const MOST_IN_FLIGHT = 256;
/** Loads whose lines are on their way, by use: i32 use, i32 metric, f64 time. */
export const WAITS = 24576;
export const WAIT_USE = 0;
export const WAIT_CAUSE = 4;
export const WAIT_READY = 8;
export const WAIT_BYTES = 16;
/** More than any use. */
export const NO_WAIT = 256;
export const FIRST_FREE = 81920;

// An activity: f64s but for the last two, which are the place of its touches and their number.
export const ACTIVITY_NEXT = 0;
export const ACTIVITY_PERIOD = 8;
export const ACTIVITY_CYCLES = 16;
export const ACTIVITY_EXECUTIONS = 24;
export const ACTIVITY_STALL = 32;
export const ACTIVITY_INSTRUCTION_MISSES = 40;
export const ACTIVITY_DATA_MISSES = 48;
export const ACTIVITY_DRAM_READS = 56;
export const ACTIVITY_TOUCHES = 64;
export const ACTIVITY_TOUCH_COUNT = 68;
export const ACTIVITY_BYTES = 72;
// A touch: what kind, of which line or page, and for a page the line of its table.
export const TOUCH_PAGE = 0;
export const TOUCH_CODE = 1;
export const TOUCH_DATA = 2;
/** A page of the guest's kernel. */
export const TOUCH_KERNEL_PAGE = 3;
/** Invalidates TLB entries: an operation instead of a line. */
export const TOUCH_INVALIDATE = 4;
export const TOUCH_BYTES = 12;

// A block.
/** u64. */
export const BLOCK_EXECUTIONS = 0;
/** i64: instruction generation at which all its lines were last seen in L1I, −1 for never. */
export const BLOCK_SEEN = 8;
export const BLOCK_LAST_CYCLES = 16;
export const BLOCK_FIRST_LINE = 24;
export const BLOCK_LAST_LINE = 28;
export const BLOCK_ADDRESS = 32;
export const BLOCK_FALL_THROUGH = 36;
export const BLOCK_END = 40;
export const BLOCK_LAST_PREVIOUS = 44;
/** Place of the branch counter of the history without a taken branch. */
export const BLOCK_COUNTERS = 48;
/** Where its loads' first uses are, behind {@link USES}. */
export const BLOCK_USES = 52;
export const BLOCK_BYTES = 64;

/** Cycles of pairs of blocks, direct-mapped: i64 key (−1 for none) and f64. */
export const PAIR_ENTRIES = 16384;
export const PAIR_BYTES = 16;
/** Pages of translation tables by number, open addressing: twice as many entries as pages. */
export const PAGE_ENTRIES = 16384;
/** A page's first place among them: the upper bits of its number times this (Knuth's multiplicative hash). */
export const PAGE_HASH = 0x9e3779b1;
export const PAGE_HASH_SHIFT = 18;
/** Pages of tables that fit; a 32-bit space and all of the host's memory need less. */
export const MOST_TABLE_PAGES = 8192;
