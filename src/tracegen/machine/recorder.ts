/** Makes the events of a machine's trace of what its vCPUs do: a stream for each vCPU. */
import type {BoardObserver} from '../../board/observer.ts';
import {CONTROL, TTBCR} from '../../isa/system/control.ts';
import type {ExceptionKind} from '../../isa/system/exceptions.ts';
import type {RecordedMachine, RegisterAccess, TlbMaintenance} from '../../isa/system/observer.ts';
import type {Mapping} from '../../isa/system/walk/mapping.ts';
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
import {AnnouncedTranslations} from '../../trace/translations.ts';
import {Edges} from './edges.ts';
import {accessForm, foundTranslation, softwareInterrupt, tableBase, timeWords} from './payloads.ts';
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

/** What an operation names: space, address and pages; the rest is 0. */
const NAMED: Readonly<Record<TlbOperation, (asid: number, address: number) => readonly [number, number, number]>> = {
  all: () => [0, 0, 0],
  space: (asid) => [asid, 0, 0],
  pages: (asid, address) => [asid, address, 1],
  'pages-of-all': (_, address) => [0, address, 1],
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
    if (!this.#isRecording) return;
    if (kind === 'wfe') this.#edges!.takeEvent(cpu);
    this.#event(cpu, 'wait', WAITS.indexOf(kind), ...this.#now(cpu));
  }

  resume(cpu: number): void {
    if (!this.#isRecording) return;
    this.#edges!.woken(cpu);
    this.#event(cpu, 'resume', ...this.#now(cpu));
  }

  sendEvent(cpu: number): void {
    if (!this.#isRecording) return;
    this.#event(cpu, 'send-event');
    for (const {index, waiting} of this.#attached.cores)
      if (waiting === 'wfe') this.#edges!.wake(cpu, index);
      else this.#edges!.signal(cpu, index);
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
      this.#event(cpu, 'device-access', device, address, accessForm(size, isWrite), value);
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
    const base = tableBase(table, isLong);
    const task = `${asid} ${base}`;
    if (this.#tasks[cpu] === task) return;
    this.#tasks[cpu] = task;
    this.#event(cpu, 'task-switch', asid, base);
  }

  #invalidate(cpu: number, operation: TlbOperation, asid: number, address: number): void {
    this.#announced[cpu]!.forget(operation, asid, address);
    this.#event(cpu, 'tlb-maintenance', TLB_OPERATION_ID[operation], ...NAMED[operation](asid, address));
  }

  #walked(cpu: number, address: number, mapping: Mapping, descriptors: readonly number[]): void {
    const found = foundTranslation(address, this.#attached.cores[cpu]!.memory.asid, mapping, descriptors);
    if (found !== undefined && this.#announced[cpu]!.add(found)) this.#event(cpu, 'translation', ...found.payload);
  }

  #softwareInterrupt(cpu: number, value: number): void {
    const {cores} = this.#attached;
    const {interrupt, targets} = softwareInterrupt(value, cpu, cores.length);
    this.#event(cpu, 'send-sgi', interrupt, targets);
    for (const {index} of cores) if ((targets & (1 << index)) !== 0) this.#edges!.wake(cpu, index);
  }
}
