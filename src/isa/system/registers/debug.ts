/**
 * CP14: debug registers (DDI 0406C C11), ThumbEE's and Jazelle's. Six breakpoints and four watchpoints are advertised; they can be
 * set up as a debugger's driver does, but not enabled.
 */
import {CONTROL} from '../control.ts';
import {constant, nothing, type RegisterRow, type SystemRegister, stored, Unmodelled} from './register.ts';

const BREAKPOINTS = 6;
const WATCHPOINTS = 4;
const NUMBERS = 16;
const ENABLED = 1;
/** DBGDSCR.MDBGen: monitor debug-mode. */
const MONITOR = 1 << 15;

const value = (name: string, place: number): SystemRegister => ({
  name,
  read: (cpu) => cpu.control[CONTROL.breakpoints + place]!,
  write: (cpu, written) => {
    cpu.control[CONTROL.breakpoints + place] = written;
  },
});

/** A control register whose E bit takes effect while DBGDSCR.MDBGen is set. */
const controlOf = (name: string, place: number): SystemRegister => ({
  ...value(name, place),
  write: (cpu, written) => {
    rejectEnabled(written, cpu.control[CONTROL.debugStatus]!, name);
    cpu.control[CONTROL.breakpoints + place] = written;
  },
});

const rejectEnabled = (control: number, status: number, name: string): void => {
  if ((control & ENABLED) !== 0 && (status & MONITOR) !== 0) {
    throw new Unmodelled(`${name}: breakpoints and watchpoints are not modelled`);
  }
};

/** The value registers of a kind have opc2 = `opc2`, the controls that behind it; kept one behind the other. */
const points = (kind: string, count: number, opc2: number, first: number): readonly RegisterRow[] =>
  Array.from({length: count}, (_, number): readonly RegisterRow[] => [
    [0, 0, number, opc2, value(`DBG${kind}VR${number}`, first + number)],
    [0, 0, number, opc2 + 1, controlOf(`DBG${kind}CR${number}`, first + NUMBERS + number)],
  ]).flat();

const status: SystemRegister = {
  name: 'DBGDSCR',
  read: (cpu) => cpu.control[CONTROL.debugStatus]!,
  write: (cpu, written) => {
    for (let place = 0; place < 4 * NUMBERS; place++) {
      const isControl = (place & NUMBERS) !== 0;
      if (isControl) rejectEnabled(cpu.control[CONTROL.breakpoints + place]!, written, 'DBGDSCR');
    }
    cpu.control[CONTROL.debugStatus] = written;
  },
};

const OS_LOCK_KEY = 0xc5ac_ce55 | 0;
const osLock: SystemRegister = {
  name: 'DBGOSLAR',
  write: (cpu, written) => {
    cpu.control[CONTROL.osLock] = written === OS_LOCK_KEY ? 2 : 0;
  },
};
/** OS lock implemented (bits 3 and 0 of its model), and its state. */
const osLockStatus: SystemRegister = {name: 'DBGOSLSR', read: (cpu) => 8 | cpu.control[CONTROL.osLock]!};

export const DEBUG: readonly RegisterRow[] = [
  [0, 0, 0, 0, constant('DBGDIDR', 0x3515_f005)],
  // The internal view is read-only; what it shows of the external one are the monitor's bits.
  [0, 0, 1, 0, {name: 'DBGDSCRint', read: (cpu) => cpu.control[CONTROL.debugStatus]!}],
  [0, 0, 2, 2, status],
  [0, 0, 7, 0, stored('DBGVCR', 'debugVectorCatch')],
  ...points('B', BREAKPOINTS, 4, 0),
  ...points('W', WATCHPOINTS, 6, 2 * NUMBERS),
  [0, 1, 0, 0, constant('DBGDRAR', 0)],
  [0, 1, 0, 4, osLock],
  [0, 1, 1, 4, osLockStatus],
  [0, 1, 3, 4, nothing('DBGOSDLR')],
  [0, 2, 0, 0, constant('DBGDSAR', 0)],
  [0, 7, 0, 0, constant('DBGDEVID2', 0)],
  [0, 7, 0, 1, constant('DBGDEVID1', 1)],
  [0, 7, 0, 2, constant('DBGDEVID', 0x0111_0f13)],
  [6, 0, 0, 0, stored('TEECR', 'teeControl', 1)],
  [6, 1, 0, 0, {...stored('TEEHBR', 'teeHandlerBase'), user: (cpu) => (cpu.control[CONTROL.teeControl]! & 1) === 0}],
  [7, 0, 0, 0, {...nothing('JIDR'), user: () => true}],
  [7, 1, 0, 0, nothing('JOSCR')],
  [7, 2, 0, 0, nothing('JMCR')],
];
