/** Boundaries of our own machine with one vCPU, in the words of QEMU's log. */
import {Machine} from '../../src/board/machine.ts';
import type {VirtualCpu} from '../../src/board/virtual-cpu.ts';
import {CONTROL, type ControlName} from '../../src/isa/system/control.ts';
import {createCores} from '../../src/isa/system/create-machine.ts';
import type {ExceptionKind} from '../../src/isa/system/exceptions.ts';
import {MODE} from '../../src/isa/system/modes.ts';
import type {Observer} from '../../src/isa/system/observer.ts';
import type {SystemCpu} from '../../src/isa/system/system-cpu.ts';
import type {VirtualCpu as Core} from '../../src/isa/system/virtual-cpu.ts';
import type {Boundary} from './boundary.ts';
import type {Loaded} from './qemu-boot.ts';

export interface OwnBoundary extends Boundary {
  /** Executed before it, and guest time in ns. */
  readonly instructions: number;
  readonly time: number;
}

export interface OwnEnd {
  readonly why: 'power-off' | 'reset';
  readonly instructions: number;
  /** Guest time in ns. */
  readonly time: number;
}

export interface OwnOptions {
  readonly loaded: Loaded;
  readonly send: (character: number) => void;
  /** Put between the board and its core. */
  readonly wrap?: (core: Core) => VirtualCpu;
}

const EVENTS: Readonly<Record<ExceptionKind, string>> = {
  undefined: 'Undefined Instruction',
  'supervisor-call': 'SVC',
  'prefetch-abort': 'Prefetch Abort',
  'data-abort': 'Data Abort',
  irq: 'IRQ',
  fiq: 'FIQ',
};
const FAULT_REGISTERS: Readonly<Partial<Record<ExceptionKind, readonly ControlName[]>>> = {
  'prefetch-abort': ['ifsr', 'ifar'],
  'data-abort': ['dfsr', 'dfar'],
};
/** 2015, as QEMU is told. */
const EPOCH = Date.UTC(2015, 0, 1) / 1000;
/** Guest time between two hand-overs of boundaries. */
const SLICE = 100_000;

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const doubleWord = (value: bigint): string => value.toString(16).padStart(16, '0');

/** What a handler finds, in its mode, before its first instruction. */
const stateOf = (cpu: SystemCpu, kind: ExceptionKind): Map<string, string> =>
  new Map([
    ...(FAULT_REGISTERS[kind] ?? []).map((name) => [name, word(cpu.control[CONTROL[name]]!)] as const),
    ...Array.from({length: 15}, (_, index) => [`r${index}`, word(cpu.r[index]!)] as const),
    ['r15', word(cpu.next & ~1)],
    ['cpsr', word(cpu.cpsr)],
    ...Array.from({length: 32}, (_, index) => [`d${index}`, doubleWord(cpu.vfpDoubleWords[index]!)] as const),
    ['fpscr', word(cpu.fpscr)],
  ]);

/** Runs a loaded guest, whose memory it changes, until it ends. @throws Error when the guest waits for ever. */
export function* ownBoundaries({loaded, send, wrap = (core) => core}: OwnOptions): Generator<OwnBoundary, OwnEnd> {
  let seen: OwnBoundary[] = [];
  let machine: Machine | undefined;
  let core: Core | undefined;
  const add = (event: string, state: ReadonlyMap<string, string>): void => {
    seen.push({event, state, instructions: machine!.instructions, time: machine!.now(0)});
  };
  const observer: Observer = {
    exceptionEntry: (_, kind) => add(EVENTS[kind], stateOf(core!.cpu, kind)),
    exceptionReturn: (_, target, mode) => {
      if (mode === MODE.user) add('return to usr', new Map([['target', word(target)]]));
    },
    call: () => add('Hypervisor Call', new Map()),
  };
  const {board, ram, start} = loaded;
  machine = new Machine({
    ...{board, cpus: 1, ram, start, send, epoch: EPOCH},
    createCpus: (bus, surroundings) => {
      const cores = createCores({bus, surroundings, cores: 1, observer});
      [core] = cores;
      return cores.map(wrap);
    },
  });
  for (;;) {
    const progress = machine.advance(SLICE);
    const {instructions, time} = machine;
    yield* seen;
    seen = [];
    if (progress.state === 'ended') return {why: progress.why, instructions, time};
    if (progress.state === 'running') continue;
    if (progress.until === Number.POSITIVE_INFINITY) throw new Error('the guest waits for ever');
    machine.skipTo(progress.until);
  }
}
