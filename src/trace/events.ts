/**
 * The kinds of event that a trace has, with the words of their payload. New kinds are appended; their order and their words
 * are part of the format.
 *
 * The first six are any program's: `marker` is one of {@link MARKERS}; `task-switch` says the address space and the task of
 * what follows (a trace begins in space 0; of a machine, the ASID, and the low word of TTBR0's base); `tlb-maintenance` is an
 * operation of {@link TLB_OPERATIONS}, and what it does not name is 0; `space-end` is an address space that nothing executes
 * in again.
 *
 * The others are what a hypervisor could see of a vCPU, or could not but needs to be told. Guest time is in nanoseconds, as two
 * words, the low one first. One that happens within a block stands before the block's record, but what only the last
 * instruction of a block brings about (markers, task switches, TLB maintenance, exceptions and returns, waits, SEV, calls, timers
 * that are programmed) and `release` stand behind it. A machine's trace has a stream of records for each vCPU; markers, and
 * maintenance of all cores, stand in all of them.
 *
 * - `exception-entry`: one of {@link EXCEPTIONS}, and the preferred return address.
 * - `exception-return`: where to, and CPSR.M of the mode returned to.
 * - `wait`: one of {@link WAITS} was executed, at that guest time, whether or not the vCPU then waits.
 * - `resume`: it waited, until then.
 * - `send-event`: SEV.
 * - `send-sgi`: a write of GICD_SGIR, to the vCPUs of a mask. It is no `device-access` besides.
 * - `device-access`: one of {@link DEVICE_CLASSES}, the intermediate physical address, the size in bytes with bit 8 set for a
 *   write, and the value.
 * - `hypercall`: one of {@link CALLS}, its immediate, and r0.
 * - `register-access`: an access to CP14 or CP15 of a class that the virtualization extensions can trap, as {@link REGISTER_FIELDS}.
 * - `timer-program`: one of {@link TIMERS}, its control register, guest time, and the guest time at which it is due; all bits
 *   set for one farther than a number can say. A recording begins with those that are enabled.
 * - `translation`: stage 1 as the vCPU uses it for the first time since an invalidation: space (ASID), virtual address, form
 *   (log2 of the size in bits 0–5, global in bit 6, descriptors read in bits 8–9, memory type in bits 16–17: 0 Normal,
 *   1 Device, 2 Strongly-ordered), intermediate physical address of the page or block, and of each descriptor from the first
 *   level looked at; 0 where there is none. Without descriptors, the MMU is off.
 *   Of a global one the space is 0.
 * - `first-touch`: a page of 4 KiB of RAM, by its intermediate physical address, that no vCPU has accessed before.
 * - `release`, `acquire`: what is before the one happened before what is behind the other of the same number.
 */
export const EVENT_FIELDS = {
  marker: ['marker'],
  'supervisor-call': ['number'],
  'task-switch': ['space', 'task'],
  signal: ['number'],
  'tlb-maintenance': ['operation', 'space', 'address', 'pages'],
  'space-end': ['space'],
  'exception-entry': ['exception', 'returnAddress'],
  'exception-return': ['target', 'mode'],
  wait: ['instruction', 'timeLow', 'timeHigh'],
  resume: ['timeLow', 'timeHigh'],
  'send-event': [],
  'send-sgi': ['interrupt', 'targets'],
  'device-access': ['device', 'address', 'form', 'value'],
  hypercall: ['instruction', 'immediate', 'function'],
  'register-access': ['register'],
  'timer-program': ['timer', 'control', 'timeLow', 'timeHigh', 'dueLow', 'dueHigh'],
  translation: ['space', 'address', 'form', 'page', 'descriptor1', 'descriptor2', 'descriptor3'],
  'first-touch': ['page'],
  release: ['edge'],
  acquire: ['edge'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EventKind = keyof typeof EVENT_FIELDS;
export const EVENT_KINDS = Object.keys(EVENT_FIELDS) as readonly EventKind[];
export const EVENT_ID: Readonly<Record<EventKind, number>> = Object.fromEntries(
  EVENT_KINDS.map((name, id) => [name, id]),
) as Record<EventKind, number>;

/**
 * Phases that a guest announces with `prctl(PR_SET_NAME, "trapwalk:<marker>")`, which any Linux executes harmlessly.
 * Recording runs from `warm` (or `begin` if there is none) to `end`; replay measures from `begin` to `end`.
 */
export const MARKERS = ['warm', 'begin', 'end'] as const;
export type Marker = (typeof MARKERS)[number];
export const MARKER_ID: Readonly<Record<Marker, number>> = {warm: 0, begin: 1, end: 2};

/**
 * What the guest's kernel invalidates in the TLBs, as CP15 has it: everything (TLBIALL), an address space (TLBIASID), pages
 * of an address space (TLBIMVA), pages of all of them (TLBIMVAA). Part of the format.
 */
export const TLB_OPERATIONS = ['all', 'space', 'pages', 'pages-of-all'] as const;
export type TlbOperation = (typeof TLB_OPERATIONS)[number];
export const TLB_OPERATION_ID: Readonly<Record<TlbOperation, number>> = {all: 0, space: 1, pages: 2, 'pages-of-all': 3};

export const EXCEPTIONS = ['undefined', 'supervisor-call', 'prefetch-abort', 'data-abort', 'irq', 'fiq'] as const;
export const WAITS = ['wfi', 'wfe'] as const;
export const CALLS = ['hvc', 'smc'] as const;
export const TIMERS = ['virtual', 'physical'] as const;

/** What a hypervisor may emulate in different places. */
export const DEVICE_CLASSES = [
  'interrupt-distributor',
  'interrupt-cpu-interface',
  'timer',
  'console',
  'block',
  'other',
] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/** What the first word of an event chooses from, if it does; a word that chooses nothing breaks a rule. */
export const EVENT_CHOICES: Readonly<Partial<Record<EventKind, readonly string[]>>> = {
  marker: MARKERS,
  'tlb-maintenance': TLB_OPERATIONS,
  'exception-entry': EXCEPTIONS,
  wait: WAITS,
  'device-access': DEVICE_CLASSES,
  hypercall: CALLS,
  'timer-program': TIMERS,
};

/** Bits of the word of a `register-access`: where each part of the encoding begins. A 64-bit access has no CRn and opc2. */
export const REGISTER_FIELDS = {opc2: 0, crm: 4, crn: 8, opc1: 12, coprocessor: 16, isLong: 20, isWrite: 21} as const;
