/** What becomes different when a trace changes its format, counted, so that nothing is lost or assumed in silence. */
import type {EventKind} from '../events.ts';

export const CHANGES = {
  markers: 'markers left out',
  supervisorCalls: 'supervisor calls left out',
  taskSwitches: 'task switches left out: addresses of all address spaces become one',
  signals: 'signals left out',
  maintenance: 'TLB maintenance left out',
  spaceEnds: 'ends of address spaces left out',
  exceptions: 'exceptions and returns from them left out',
  waits: 'waits, their ends and SEV left out',
  interrupts: 'interrupts to other vCPUs left out',
  devices: 'accesses to devices and timers left out',
  calls: 'hypercalls left out',
  registerAccesses: 'accesses to registers that can be trapped left out',
  translations: 'translations left out',
  touches: 'first touches of pages left out',
  edges: 'edges between vCPUs left out',
  prefetches: 'prefetches left out',
  exclusives: 'exclusive accesses written as plain ones',
  rounded: 'accesses and fetches rounded to whole words',
  split: 'accesses split into smaller ones',
  placed: 'instructions placed within their block by its length: it mixes 16 and 32 bits',
  registers: 'registers left out',
  continued: 'records that continue the one before: an instruction has more accesses than fit',
  zeroAddresses: 'accesses to address 0 left out: 0 means none',
  merged: 'accesses merged with the one before: of the same instruction, and contiguous',
  modifies: 'modifying accesses read as a load and a store',
  parts: 'accesses beyond the first of an instruction, each counted as one more instruction',
  nameless: 'accesses of no instruction that the file names, counted as instructions at 0xfffffffc',
  assumedSizes: 'accesses without a size, taken to be as large as their alignment allows, up to a word',
  assumedLengths: 'instructions without a length, taken to end with their word',
  controls: 'cache controls and miscellaneous references left out',
  messages: 'lines of messages left out',
} as const;
export type Change = keyof typeof CHANGES;

export const EVENT_CHANGES: Readonly<Record<EventKind, Change>> = {
  marker: 'markers',
  'supervisor-call': 'supervisorCalls',
  'task-switch': 'taskSwitches',
  signal: 'signals',
  'tlb-maintenance': 'maintenance',
  'space-end': 'spaceEnds',
  'exception-entry': 'exceptions',
  'exception-return': 'exceptions',
  wait: 'waits',
  resume: 'waits',
  'send-event': 'waits',
  'send-sgi': 'interrupts',
  'device-access': 'devices',
  hypercall: 'calls',
  'register-access': 'registerAccesses',
  'timer-program': 'devices',
  translation: 'translations',
  'first-touch': 'touches',
  release: 'edges',
  acquire: 'edges',
};

export class ChangeCounts {
  readonly #counts: Partial<Record<Change, number>> = {};

  add(change: Change, times = 1): void {
    this.#counts[change] = (this.#counts[change] ?? 0) + times;
  }

  /** Those that occurred, in the order of the table. */
  get counts(): Readonly<Partial<Record<Change, number>>> {
    const names = (Object.keys(CHANGES) as Change[]).filter((name) => this.#counts[name] !== undefined);
    return Object.fromEntries(names.map((name) => [name, this.#counts[name]]));
  }
}
