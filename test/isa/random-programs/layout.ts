/** Registers, addresses and numbers that random programs agree on. */

// Registers: r0–r8 and r10 hold data, r9 points into the scratch area, r11 holds addresses, r12 anything for a moment.
export const DATA = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10];
export const SOURCES = [...DATA, ...DATA, 9, 11, 12, 14];
export const BASE = 9;
export const ADDRESS = 11;
export const TEMPORARY = 12;
export const SP = 13;
export const LR = 14;
export const PC = 15;
export const LOW_ADDRESS = 7;
export const LOW_OFFSET = 6;
export const WRITABLE = DATA.reduce((mask, register) => mask | (1 << register), 0) | (1 << ADDRESS) | ~0xffff;

export const CODE_LEAD = 0x1000;
export const REMAPPED = 0x0100_0000;
export const SCRATCH = 0x0200_0000;
export const SCRATCH_BYTES = 0x5000;
export const MIDDLE = SCRATCH + 0x2000;
/** Behind the scratch area; protected at times. */
export const FAULTED = SCRATCH + SCRATCH_BYTES;
export const STATE = 0x0300_0000;
export const THREAD_STACK = 0x0400_0000;
export const PAGE = 0x1000;

export const EQ = 0;
export const NE = 1;
export const SIGNAL = {ill: 4, bus: 7, segv: 11, alarm: 14} as const;
export const CALL = {
  exit: 1,
  fork: 2,
  write: 4,
  getpid: 20,
  munmap: 91,
  setitimer: 104,
  wait4: 114,
  clone: 120,
  mprotect: 125,
  sched_yield: 158,
  rt_sigaction: 174,
  mmap2: 192,
  exit_group: 248,
  clock_gettime: 263,
  cacheflush: 0xf0002,
} as const;
export const THREAD_FLAGS = 0x1_0f00;
export const PROTECTION = {none: 0, read: 1, code: 5, all: 7} as const;

// Words of the state's page.
export const TURN = 0;
export const ALARMS = 4;
export const ACTION = 0x40;
export const ACTION_BYTES = 0x20;
export const TIMER = 0x100;
export const REGISTERS = 0x200;
export const VECTORS = 0x300;
export const TEMPLATES = 0x600;
export const SLOTS = 2;
export const TEMPLATE_WORDS = 4;
