/** Makes the events of a machine's trace of what its vCPUs do: a stream for each vCPU. */
import type {BoardObserver} from '../../board/observer.ts';
import {CONTROL, TTBCR} from '../../isa/system/control.ts';
import type {ExceptionKind} from '../../isa/system/exceptions.ts';
import type {RecordedMachine, RegisterAccess, TlbMaintenance} from '../../isa/system/observer.ts';
import {type Mapping, MEMORY_TYPE} from '../../isa/system/walk/mapping.ts';
import type {BlockTable} from '../../trace/blocks.ts';
import {
  CALLS,
  DEVICE_CLASSES,
  type DeviceClass,
  EXCEPTIONS,
  MARKER_ID,
  type Marker,
  TIMERS,
  TLB_OPERATION_ID,
  type TlbOperation,
  WAITS,
} from '../../trace/events.ts';
import {Edges} from './edges.ts';
import {AnnouncedTranslations, GLOBAL} from './translations.ts';
import {canBeTrapped, registerWord} from './trapped-registers.ts';

/** What a recording must know of the board. */
export interface RecordedBoard {
  /** Guest time in nanoseconds, as a vCPU sees it. */
  now(cpu: number): number;
  deviceClass(address: number): DeviceClass;
  /** GICD_SGIR. */
  readonly softwareInterrupts: number;
  /** Those that are enabled, as `timerProgram` would tell them. */
  programmedTimers(): readonly {
    readonly cpu: number;
    readonly timer: 'virtual' | 'physical';
    readonly control: number;
    readonly due: number;
  }[];
}

const WORD = 2 ** 32;
/** Farther than a number can say: never. */
const timeWords = (time: number): readonly [low: number, high: number] =>
  time > Number.MAX_SAFE_INTEGER ? [0xffff_ffff, 0xffff_ffff] : [time % WORD, Math.floor(time / WORD)];

/** Bits of `device-access` and `translation` beside their numbers. */
const IS_WRITE = 1 << 8;
const IS_GLOBAL = 1 << 6;
const DESCRIPTORS_SHIFT = 8;
const TYPE_SHIFT = 16;
const MOST_DESCRIPTORS = 3;
const TYPES = {
  [MEMORY_TYPE.normal]: 0,
  [MEMORY_TYPE.device]: 1,
  [MEMORY_TYPE.stronglyOrdered]: 2,
} as Readonly<Record<number, number>>;

/** Attributes beside the base in the low word of TTBR0. */
const TABLE_ATTRIBUTES = {short: 0x7f, long: 0x1f} as const;

/** GICD_SGIR (ARM IHI 0048B 4.3.15): TargetListFilter, CPUTargetList, SGIINTID. */
const targetsOf = (value: number, sender: number, all: number): number => {
  const filter = (value >>> 24) & 3;
  if (filter === 0) return (value >>> 16) & 0xff & all;
  return filter === 1 ? all & ~(1 << sender) : 1 << sender;
};

export class MachineRecorder implements BoardObserver {
  /** Takes the records of a vCPU; they are overwritten behind it. */
  readonly #take: (vcpu: number, words: Uint32Array) => void;
  /** Decides what a marker does to the recording, and whether it tells it. */
  readonly #onMarker: (marker: Marker) => void;
  #machine: RecordedMachine | undefined = undefined;
  #board: RecordedBoard | undefined = undefined;
  #isRecording = false;
  #announced: readonly AnnouncedTranslations[] = [];
  /** By vCPU the last task told. */
  readonly #tasks: string[] = [];
  readonly #registerWords = new WeakMap<RegisterAccess, number>();
  #edges: Edges | undefined = undefined;
  #edge = 0;
  /** Whose HVC or SMC is being answered. */
  #caller = 0;

  constructor(take: (vcpu: number, words: Uint32Array) => void, onMarker: (marker: Marker) => void) {
    this.#take = take;
    this.#onMarker = onMarker;
  }

  get isRecording(): boolean {
    return this.#isRecording;
  }

  /** The dictionary of what is recorded; it grows. */
  get blocks(): BlockTable {
    return this.#attached.dictionary.blocks;
  }

  attach(machine: RecordedMachine): void {
    this.#machine = machine;
    // Streams are handed over together, so that none is far behind another.
    for (const {trace} of machine.cores) trace.onFull = () => this.#handOver();
  }

  connect(board: RecordedBoard): void {
    this.#board = board;
  }

  /** From here on, as if nothing had been announced: what the streams say depends on the machine's state alone. */
  start(): void {
    const {cores} = this.#attached;
    this.#isRecording = true;
    this.#announced = cores.map(() => new AnnouncedTranslations());
    this.#edges = new Edges(cores.length, {
      release: (cpu) => {
        this.#event(cpu, 'release', this.#edge);
        return this.#edge++;
      },
      acquire: (cpu, edge) => this.#event(cpu, 'acquire', edge),
      executed: (cpu) => cores[cpu]!.instructions,
    });
    for (const core of cores) {
      core.recording = true;
      core.memory.watch = {
        walked: (address, mapping, descriptors) => this.#walked(core.index, address, mapping, descriptors),
        firstTouch: (page) => this.#event(core.index, 'first-touch', page),
      };
      core.memory.invalidate();
      this.#tellTask(core.index, core.memory.asid, core.control[CONTROL.ttbr0]!);
    }
    for (const {cpu, timer, control, due} of this.#connected.programmedTimers())
      this.timerProgram(cpu, timer, control, due);
  }

  stop(): void {
    this.#isRecording = false;
    for (const core of this.#attached.cores) {
      core.recording = false;
      core.memory.watch = undefined;
    }
  }

  /** Hands over all that is whole; to be called between steps. */
  flush(): void {
    for (const {trace} of this.#attached.cores) trace.cut();
    this.#handOver();
  }

  marker(_cpu: number, marker: Marker): void {
    this.#onMarker(marker);
  }

  /** In the streams of all vCPUs: where each of them was. */
  tellMarker(marker: Marker): void {
    for (const {index} of this.#attached.cores) this.#event(index, 'marker', MARKER_ID[marker]);
  }

  exceptionEntry(cpu: number, kind: ExceptionKind, returnAddress: number): void {
    if (!this.#isRecording) return;
    if (kind === 'irq') this.#edges!.woken(cpu);
    this.#event(cpu, 'exception-entry', EXCEPTIONS.indexOf(kind), returnAddress);
  }

  exceptionReturn(cpu: number, target: number, mode: number): void {
    this.#event(cpu, 'exception-return', target, mode);
  }

  wait(cpu: number, kind: 'wfi' | 'wfe'): void {
    if (this.#isRecording) this.#event(cpu, 'wait', WAITS.indexOf(kind), ...this.#now(cpu));
  }

  resume(cpu: number): void {
    if (!this.#isRecording) return;
    this.#edges!.woken(cpu);
    this.#event(cpu, 'resume', ...this.#now(cpu));
  }

  sendEvent(cpu: number): void {
    if (!this.#isRecording) return;
    this.#event(cpu, 'send-event');
    for (const {index, waiting} of this.#attached.cores) if (waiting === 'wfe') this.#edges!.wake(cpu, index);
  }

  call(cpu: number, kind: 'hvc' | 'smc', immediate: number): void {
    this.#caller = cpu;
    if (this.#isRecording)
      this.#event(cpu, 'hypercall', CALLS.indexOf(kind), immediate, this.#attached.cores[cpu]!.r[0]!);
  }

  registerAccess(cpu: number, access: RegisterAccess): void {
    if (!this.#isRecording) return;
    const known = this.#registerWords.get(access);
    const word = known ?? (canBeTrapped(access) ? registerWord(access) : -1);
    if (known === undefined) this.#registerWords.set(access, word);
    if (word >= 0) this.#event(cpu, 'register-access', word);
  }

  tlbMaintenance(cpu: number, {operation, isBroadcast}: TlbMaintenance, value: number): void {
    if (!this.#isRecording) return;
    const address = (value & ~0xfff) >>> 0;
    for (const {index} of this.#attached.cores)
      if (isBroadcast || index === cpu) this.#invalidate(index, operation, value & 0xff, address);
  }

  translationsForgotten(cpu: number): void {
    if (!this.#isRecording) return;
    this.#invalidate(cpu, 'all', 0, 0);
    this.#edges!.start(this.#caller, cpu);
  }

  addressSpace(cpu: number, asid: number, table: number): void {
    if (this.#isRecording) this.#tellTask(cpu, asid, table);
  }

  deviceAccess(cpu: number, address: number, size: number, isWrite: boolean, value: number): void {
    if (!this.#isRecording) return;
    if (isWrite && address === this.#connected.softwareInterrupts) this.#softwareInterrupt(cpu, value);
    else {
      const device = DEVICE_CLASSES.indexOf(this.#connected.deviceClass(address));
      this.#event(cpu, 'device-access', device, address, size | (isWrite ? IS_WRITE : 0), value);
    }
  }

  exclusive(cpu: number, address: number): void {
    this.#edges?.exclusive(cpu, address);
  }

  timerProgram(cpu: number, timer: 'virtual' | 'physical', control: number, due: number): void {
    if (!this.#isRecording) return;
    this.#event(cpu, 'timer-program', TIMERS.indexOf(timer), control, ...this.#now(cpu), ...timeWords(due));
  }

  get #attached(): RecordedMachine {
    if (this.#machine === undefined) throw new Error('the recorder observes no machine');
    return this.#machine;
  }

  get #connected(): RecordedBoard {
    if (this.#board === undefined) throw new Error('the recorder knows no board');
    return this.#board;
  }

  #event(cpu: number, ...[kind, ...payload]: Parameters<RecordedMachine['cores'][number]['trace']['event']>): void {
    if (this.#isRecording) this.#attached.cores[cpu]!.trace.event(kind, ...payload);
  }

  #now(cpu: number): readonly [low: number, high: number] {
    return timeWords(this.#connected.now(cpu));
  }

  #handOver(): void {
    for (const {index, trace} of this.#attached.cores) {
      const {whole} = trace;
      if (whole.length > 0) this.#take(index, whole);
      trace.drop();
    }
  }

  #tellTask(cpu: number, asid: number, table: number): void {
    const isLong = (this.#attached.cores[cpu]!.control[CONTROL.ttbcr]! & TTBCR.extended) !== 0;
    const base = (table & ~TABLE_ATTRIBUTES[isLong ? 'long' : 'short']) >>> 0;
    const task = `${asid} ${base}`;
    if (this.#tasks[cpu] === task) return;
    this.#tasks[cpu] = task;
    this.#event(cpu, 'task-switch', asid, base);
  }

  #invalidate(cpu: number, operation: TlbOperation, asid: number, address: number): void {
    const announced = this.#announced[cpu]!;
    const forget: Readonly<Record<TlbOperation, () => readonly [space: number, address: number, pages: number]>> = {
      all: () => {
        announced.forgetAll();
        return [0, 0, 0];
      },
      space: () => {
        announced.forgetSpace(asid);
        return [asid, 0, 0];
      },
      pages: () => {
        announced.forgetAddress(address, asid);
        return [asid, address, 1];
      },
      'pages-of-all': () => {
        announced.forgetAddress(address, undefined);
        return [0, address, 1];
      },
    };
    this.#event(cpu, 'tlb-maintenance', TLB_OPERATION_ID[operation], ...forget[operation]());
  }

  #walked(cpu: number, address: number, mapping: Mapping, descriptors: readonly number[]): void {
    const {sizeShift, global, memoryType} = mapping;
    const inside = ((address & ~0xfff) >>> 0) % 2 ** sizeShift;
    const page = mapping.page - inside;
    // Nothing lies there: the access is an external abort.
    if (page >= WORD) return;
    const asid = this.#attached.cores[cpu]!.memory.asid;
    const form =
      sizeShift |
      (global ? IS_GLOBAL : 0) |
      (descriptors.length << DESCRIPTORS_SHIFT) |
      (TYPES[memoryType]! << TYPE_SHIFT);
    const start = ((address & ~0xfff) >>> 0) - inside;
    const found = [form, page, ...descriptors].join();
    const isNew = this.#announced[cpu]!.add({space: global ? GLOBAL : asid, address: start, sizeShift, found});
    if (!isNew) return;
    const padded = Array.from({length: MOST_DESCRIPTORS}, (_, level) => descriptors[level] ?? 0);
    this.#event(cpu, 'translation', global ? 0 : asid, start, form, page, ...padded);
  }

  #softwareInterrupt(cpu: number, value: number): void {
    const all = (1 << this.#attached.cores.length) - 1;
    const targets = targetsOf(value, cpu, all);
    this.#event(cpu, 'send-sgi', value & 15, targets);
    for (const {index} of this.#attached.cores) if ((targets & (1 << index)) !== 0) this.#edges!.wake(cpu, index);
  }
}
