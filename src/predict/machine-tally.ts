/**
 * What the vCPU of a machine's trace did that a hypervisor could see, or that says how its kernel works: events between the
 * markers, or of everything where there are none.
 */
import {
  CALLS,
  DEVICE_CLASSES,
  EVENT_ID,
  EVENT_KINDS,
  type EventKind,
  EXCEPTIONS,
  MARKER_ID,
  REGISTER_FIELDS,
  TIMERS,
  TLB_OPERATIONS,
  WAITS,
} from '../trace/events.ts';
import {eventKind} from '../trace/records.ts';
import type {TraceChunk} from '../trace/source.ts';
import {isEvent, recordWords} from '../trace/walk.ts';

type Payload = readonly number[];

const DEVICE_WRITE = 1 << 8;
const direction = (isWrite: boolean): string => (isWrite ? 'write' : 'read');

const register = ([word]: Payload): string => {
  const bits = (shift: number, width: number): number => (word! >>> shift) & (2 ** width - 1);
  const {opc2, crm, crn, opc1, coprocessor, isLong, isWrite} = REGISTER_FIELDS;
  const encoding =
    bits(isLong, 1) === 1
      ? `${bits(opc1, 4)},c${bits(crm, 4)}`
      : `${bits(opc1, 4)},c${bits(crn, 4)},c${bits(crm, 4)},${bits(opc2, 4)}`;
  return `p${bits(coprocessor, 4)},${encoding} ${direction(bits(isWrite, 1) === 1)}`;
};

const MEMORY_TYPES = ['normal', 'device', 'strongly-ordered'] as const;
const translation = ([, , form]: Payload): string => {
  const bits = form! & 0x3f;
  const descriptors = (form! >>> 8) & 3;
  const size = descriptors === 0 ? 'MMU off' : `2^${bits}`;
  return `${size}${(form! & (1 << 6)) === 0 ? '' : ' global'} ${MEMORY_TYPES[(form! >>> 16) & 3]}`;
};

/** Of which class an event is among those of its kind; kinds without a row have none. */
const CLASSES: Partial<Readonly<Record<EventKind, (payload: Payload) => string | undefined>>> = {
  'tlb-maintenance': ([operation]) => TLB_OPERATIONS[operation!],
  'exception-entry': ([exception]) => EXCEPTIONS[exception!],
  wait: ([instruction]) => WAITS[instruction!],
  'device-access': ([device, , form]) => `${DEVICE_CLASSES[device!]} ${direction((form! & DEVICE_WRITE) !== 0)}`,
  hypercall: ([instruction]) => CALLS[instruction!],
  'register-access': register,
  'timer-program': ([timer]) => TIMERS[timer!],
  translation,
};
const CLASS_BY_ID = EVENT_KINDS.map((kind) => CLASSES[kind]);

/**
 * What a hypervisor may take an exit for; which of them do is the hypervisor's matter. SEV cannot be trapped, and a guest's virtual timer
 * and CPU interface (GICV in the place of GICC) are its own (DDI 0406C B1.14, IHI 0048B 5.1).
 */
export const EXIT_KINDS = [
  'wait',
  'send-sgi',
  'device-access',
  'hypercall',
  'register-access',
  'timer-program',
  'first-touch',
] as const satisfies readonly EventKind[];
/** Classes of these kinds that are none. */
const UNTRAPPED: ReadonlySet<string> = new Set([
  'interrupt-cpu-interface read',
  'interrupt-cpu-interface write',
  'virtual',
]);

export interface EventCount {
  readonly kind: EventKind;
  /** Of {@link CLASSES}; null for all of a kind. */
  readonly class: string | null;
  readonly count: number;
}

export interface MachineSummary {
  /** By kind in their order, each before its classes by name. */
  readonly events: readonly EventCount[];
  /** How often code at PL0 was another process's than the code at PL0 before: by address space and table. */
  readonly processSwitches: number;
}

export const countOfKind = ({events}: MachineSummary, kind: EventKind): number =>
  events.find((one) => one.kind === kind && one.class === null)?.count ?? 0;

/** Events of {@link EXIT_KINDS}. */
export const possibleExits = (summary: MachineSummary): number => {
  const untrapped = summary.events.filter(
    ({kind, class: name}) =>
      name !== null && UNTRAPPED.has(name) && (EXIT_KINDS as readonly EventKind[]).includes(kind),
  );
  const all = EXIT_KINDS.reduce((sum, kind) => sum + countOfKind(summary, kind), 0);
  return all - untrapped.reduce((sum, {count}) => sum + count, 0);
};

const USER_MODE = 0x10;

export class MachineTally {
  readonly #kinds = new Float64Array(EVENT_KINDS.length);
  readonly #classes = EVENT_KINDS.map(() => new Map<string, number>());
  #processSwitches = 0;
  #task = '';
  #userTask: string | undefined;
  #isOver = false;

  consume({words, length}: TraceChunk): void {
    for (let at = 0; at < length && !this.#isOver; at += recordWords(words[at]!))
      if (isEvent(words[at]!)) this.#event(eventKind(words[at]!), words.subarray(at + 1, at + recordWords(words[at]!)));
  }

  get result(): MachineSummary {
    const events = EVENT_KINDS.flatMap((kind, id): EventCount[] => {
      const classes = [...this.#classes[id]!].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const count = this.#kinds[id]!;
      if (kind === 'marker' || count === 0) return [];
      return [{kind, class: null, count}, ...classes.map(([name, own]) => ({kind, class: name, count: own}))];
    });
    return {events, processSwitches: this.#processSwitches};
  }

  #event(kind: number, payload: Uint32Array): void {
    if (kind === EVENT_ID.marker) this.#marker(payload[0]!);
    this.#kinds[kind]!++;
    const words = [...payload];
    const name = CLASS_BY_ID[kind]?.(words);
    if (name !== undefined) this.#classes[kind]!.set(name, (this.#classes[kind]!.get(name) ?? 0) + 1);
    if (kind === EVENT_ID['task-switch']) this.#task = words.join();
    if (kind === EVENT_ID['exception-return'] && words[1] === USER_MODE) this.#enterUser();
  }

  #enterUser(): void {
    if (this.#userTask !== undefined && this.#userTask !== this.#task) this.#processSwitches++;
    this.#userTask = this.#task;
  }

  #marker(marker: number): void {
    if (marker === MARKER_ID.end) this.#isOver = true;
    if (marker !== MARKER_ID.begin) return;
    this.#kinds.fill(0);
    for (const classes of this.#classes) classes.clear();
    this.#processSwitches = 0;
  }
}
