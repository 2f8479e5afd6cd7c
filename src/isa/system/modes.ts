/** Processor modes and the program status registers (DDI 0406C B1.3). The mode numbers of Monitor and Hyp mode are not this CPU's. */
export const MODE = {
  user: 0x10,
  fiq: 0x11,
  irq: 0x12,
  supervisor: 0x13,
  abort: 0x17,
  undefined: 0x1b,
  system: 0x1f,
} as const;

/** Where a mode's r13, r14 and SPSR are kept while another mode's are in place. User and System mode share theirs. */
const BANK_OF: ReadonlyMap<number, number> = new Map([
  [MODE.user, 0],
  [MODE.system, 0],
  [MODE.fiq, 1],
  [MODE.irq, 2],
  [MODE.supervisor, 3],
  [MODE.abort, 4],
  [MODE.undefined, 5],
]);
export const BANKS = 6;
/** The bank of User and System mode, which has no SPSR. */
export const USER_BANK = 0;

/** Undefined when this CPU has no such mode. */
export const bankOf = (mode: number): number | undefined => BANK_OF.get(mode);

/** Fields of CPSR and SPSR. */
export const PSR = {
  mode: 0x1f,
  thumb: 0x20,
  fiqMask: 0x40,
  irqMask: 0x80,
  abortMask: 0x100,
  bigEndian: 0x200,
  jazelle: 0x100_0000,
  masks: 0x1c0,
  /** What MRS of CPSR shows: the execution state bits read as 0. */
  readable: 0xf8ff_03df | 0,
} as const;

/** ITSTATE from its two places in a PSR, and to them. */
export const itStateOf = (psr: number): number => ((psr >>> 25) & 3) | ((psr >>> 8) & 0xfc);
export const itBits = (itState: number): number => ((itState & 3) << 25) | ((itState & 0xfc) << 8);
