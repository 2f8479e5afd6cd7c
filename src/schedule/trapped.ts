/** Which exit of {@link EXITS} an event of a trace may take, and what of a device access the interrupt controller is told. */
import type {RegisterClass} from '../hypervisors/registers.ts';
import type {Exit} from '../hypervisors/schedule-schema.ts';
import {DEVICE_CLASSES, REGISTER_FIELDS} from '../trace/events.ts';

const DEVICE_WRITE = 1 << 8;
const CPU_INTERFACE = DEVICE_CLASSES.indexOf('interrupt-cpu-interface');
/** Of the registers of the CPU interface, IHI 0048B 4.4. */
const CPU_INTERFACE_PAGE = 0xfff;
const ACKNOWLEDGE = 0x00c;
const END_OF_INTERRUPT = 0x010;
const INTERRUPT_ID = 0x3ff;
/** IHI 0048B 2.2.1: SGIs below, PPIs, then what devices share. 1020 to 1023 are none. */
const FIRST_PPI = 16;
const FIRST_SPI = 32;
const FIRST_SPECIAL = 1020;
/** The generic timer's PPIs as Linux's device trees for such boards have them: virtual, physical (non-secure). */
const TIMER_INTERRUPTS: ReadonlySet<number> = new Set([27, 30]);

export type Interrupt = 'software' | 'timer' | 'device' | 'other';

const interruptOf = (id: number): Interrupt | undefined => {
  if (id >= FIRST_SPECIAL) return undefined;
  if (id >= FIRST_SPI) return 'device';
  if (TIMER_INTERRUPTS.has(id)) return 'timer';
  return id < FIRST_PPI ? 'software' : 'other';
};

/** Words of a `device-access`. */
const isWrite = (form: number): boolean => (form & DEVICE_WRITE) !== 0;

/** The interrupt that an access to the CPU interface takes, if it takes one. */
export const takenInterrupt = (device: number, address: number, form: number, value: number): Interrupt | undefined =>
  device === CPU_INTERFACE && !isWrite(form) && (address & CPU_INTERFACE_PAGE) === ACKNOWLEDGE
    ? interruptOf(value & INTERRUPT_ID)
    : undefined;

const DEVICE_EXITS: readonly (readonly [read: Exit, write: Exit] | undefined)[] = DEVICE_CLASSES.map((name) => {
  if (name === 'interrupt-distributor') return ['distributor-read', 'distributor-write'] as const;
  if (name === 'console') return ['console-read', 'console-write'] as const;
  if (name === 'timer') return ['physical-timer', 'physical-timer'] as const;
  // GICV in the place of GICC is the guest's own.
  return name === 'interrupt-cpu-interface' ? undefined : (['device-read', 'device-write'] as const);
});

/** The exit of a `device-access`. */
export const deviceExit = (device: number, address: number, form: number): Exit | undefined => {
  if (device === CPU_INTERFACE)
    return isWrite(form) && (address & CPU_INTERFACE_PAGE) === END_OF_INTERRUPT ? 'end-of-interrupt' : undefined;
  return DEVICE_EXITS[device]?.[isWrite(form) ? 1 : 0];
};

interface Encoding {
  readonly coprocessor: number;
  readonly opc1: number;
  readonly crn: number;
  readonly crm: number;
  readonly opc2: number;
  readonly isLong: boolean;
  readonly isWrite: boolean;
}

const encodingOf = (word: number): Encoding => {
  const bits = (shift: number, width: number): number => (word >>> shift) & (2 ** width - 1);
  return {
    coprocessor: bits(REGISTER_FIELDS.coprocessor, 4),
    opc1: bits(REGISTER_FIELDS.opc1, 4),
    crn: bits(REGISTER_FIELDS.crn, 4),
    crm: bits(REGISTER_FIELDS.crm, 4),
    opc2: bits(REGISTER_FIELDS.opc2, 4),
    isLong: bits(REGISTER_FIELDS.isLong, 1) === 1,
    isWrite: bits(REGISTER_FIELDS.isWrite, 1) === 1,
  };
};

const CLASSES: Readonly<Record<RegisterClass, (encoding: Encoding) => boolean>> = {
  actlr: ({coprocessor, opc1, crn, crm, opc2, isLong}) =>
    coprocessor === 15 && !isLong && crn === 1 && opc1 === 0 && crm === 0 && opc2 === 1,
  'set/way': ({coprocessor, crn, crm, opc2, isLong}) =>
    coprocessor === 15 && !isLong && crn === 7 && opc2 === 2 && [6, 10, 14].includes(crm),
  'performance monitors': ({coprocessor, crn, isLong}) => coprocessor === 15 && !isLong && crn === 9,
  'implementation defined': ({coprocessor, crn, isLong}) => coprocessor === 15 && !isLong && (crn === 11 || crn === 15),
  thumbee: ({coprocessor, opc1}) => coprocessor === 14 && opc1 === 6,
  jazelle: ({coprocessor, opc1}) => coprocessor === 14 && opc1 === 7,
};

/** Does a hypervisor that traps these classes trap the `register-access`? */
export const trapsRegister = (classes: readonly RegisterClass[], word: number): boolean => {
  const encoding = encodingOf(word);
  return classes.some((name) => CLASSES[name](encoding));
};
