/** Where the system control registers lie in a core's array of them: one array, so that a snapshot is a copy. */
const NAMES = [
  'sctlr',
  'actlr',
  'cpacr',
  'ttbr0',
  'ttbr0High',
  'ttbr1',
  'ttbr1High',
  'ttbcr',
  'dacr',
  'dfsr',
  'ifsr',
  'dfar',
  'ifar',
  'par',
  'parHigh',
  'mair0',
  'mair1',
  'vbar',
  'contextIdentifier',
  'threadPointerPrivileged',
  'cacheSelect',
  'fpexc',
  'teeControl',
  'teeHandlerBase',
  'debugStatus',
  'debugVectorCatch',
  'osLock',
  'performanceControl',
  'performanceEnable',
  'performanceOverflow',
  'performanceSelect',
  'performanceUserEnable',
  'performanceInterruptEnable',
  'performanceEvents',
  'performanceCycles',
  'memoryHint0',
  'memoryHint1',
  'breakpoints',
  'end',
] as const;

/** Breakpoint and watchpoint values and controls: 16 of each kind have numbers. */
const DEBUG_REGISTERS = 64;

export type ControlName = (typeof NAMES)[number];
export const CONTROL = Object.fromEntries(NAMES.map((name, index) => [name, index])) as Readonly<
  Record<ControlName, number>
>;
export const CONTROL_WORDS = CONTROL.breakpoints + DEBUG_REGISTERS;

/** Fields of SCTLR (DDI 0406C B4.1.130). */
export const SCTLR = {
  mmu: 1,
  alignment: 1 << 1,
  swap: 1 << 10,
  highVectors: 1 << 13,
  writeNeverExecutes: 1 << 19,
  userWriteNeverExecutes: 1 << 20,
  bigEndianExceptions: 1 << 25,
  texRemap: 1 << 28,
  accessFlag: 1 << 29,
  thumbExceptions: 1 << 30,
} as const;
/** What reads as 1, what can be written, and the value at reset of a Cortex-A7 (DDI 0464F 4.3.27). */
export const SCTLR_ONES = 0x00c5_0078;
export const SCTLR_WRITABLE = 0x7218_3c07;

/** Fields of TTBCR (B4.1.153). */
export const TTBCR = {extended: 0x8000_0000 | 0, asidOf1: 1 << 22} as const;
