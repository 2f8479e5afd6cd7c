/** What a snapshot's header may say: everything that is read from a file is checked here before a machine is made of it. */
import {z} from 'zod';
import {CORE_SHAPE} from '../../isa/system/core-state.ts';
import type {VirtualCpuState} from '../../isa/system/virtual-cpu.ts';
import {MARKERS} from '../../trace/events.ts';
import {BOARDS, type Board, type DeviceKind, MOST_CPUS} from '../boards.ts';
import type {BootDescription} from '../boot/description.ts';
import type {ConsoleLogState} from '../console-log.ts';
import type {TimerState} from '../devices/generic-timer.ts';
import {Gic, type GicState} from '../devices/gic.ts';
import type {Pl011State} from '../devices/pl011.ts';
import type {Pl031State} from '../devices/pl031.ts';
import {LONGEST_QUANTUM} from '../machine.ts';
import type {LoopState, MachineState} from '../machine-state.ts';

const count = z.int().min(0);
const byte = z.int().min(0).max(0xff);
const word = z.int().min(0).max(0xffff_ffff);
const signedWord = z.int().min(-0x8000_0000).max(0x7fff_ffff);
const signedWords = (length: number) => z.array(signedWord).length(length);
const STOPS = ['budget', 'wfi', 'wfe', 'halted'] as const;

const core = ({ramBase}: Board, memory: number) =>
  z.strictObject({
    isOn: z.boolean(),
    instructions: count,
    waiting: z.enum(['wfi', 'wfe']).nullable(),
    event: z.boolean(),
    mode: z.literal(CORE_SHAPE.modes),
    masks: word,
    context: signedWords(CORE_SHAPE.context),
    banks: signedWords(CORE_SHAPE.banks),
    control: signedWords(CORE_SHAPE.control),
    reserved: z
      .int()
      .min(ramBase)
      .max(ramBase + memory - 1)
      .nullable(),
    lastException: z.int().min(-1),
  }) satisfies z.ZodType<VirtualCpuState>;

const loop = (cpus: number) =>
  z.strictObject({
    turns: z.strictObject({quantum: z.int().min(1).max(LONGEST_QUANTUM), sharesCpu: z.boolean()}),
    time: count,
    seen: count,
    horizon: count.nullable(),
    marker: z.enum(MARKERS).nullable(),
    turn: z
      .int()
      .min(0)
      .max(cpus - 1),
    slots: z.array(z.strictObject({stop: z.enum(STOPS), time: count, executed: count})).length(cpus),
  }) satisfies z.ZodType<LoopState>;

/** Arrays have as many elements as those of a controller of that size. */
const gic = (cpus: number, interrupts: number) => {
  const {distributorControl: _, ...arrays} = new Gic(cpus, interrupts).save();
  const shapes = Object.entries(arrays).map(([name, {length}]) => [name, z.array(word).length(length)]);
  const schema = z.strictObject({distributorControl: z.int().min(0).max(3), ...Object.fromEntries(shapes)});
  // Its keys are those of what was saved just now.
  return schema as unknown as z.ZodType<GicState>;
};

const timer = (cpus: number) => {
  const comparator = z.strictObject({control: z.int().min(0).max(3), compare: z.string().regex(/^\d{1,20}$/)});
  return z.strictObject({
    physical: z.array(comparator).length(cpus),
    virtual: z.array(comparator).length(cpus),
    kernelControl: z.array(word).length(cpus),
    due: z.array(count.nullable()).length(cpus),
    eventsSeen: z.array(count).length(cpus),
  }) satisfies z.ZodType<TimerState>;
};

const pl011 = z.strictObject({
  fifo: z.array(byte).max(16),
  free: count,
  control: word,
  raw: word,
  lineControl: word,
  lowPower: word,
  integerBaud: word,
  fractionalBaud: word,
  trigger: word,
  mask: word,
}) satisfies z.ZodType<Pl011State>;

const pl031 = z.strictObject({
  match: word,
  load: word,
  mask: word,
  offset: z.int(),
  raw: word,
  // A match may lie 2³² seconds ahead, which is more than an integer can be exactly.
  due: z.number().min(0).nullable(),
}) satisfies z.ZodType<Pl031State>;

/** A kind of device without a row here cannot be built. */
const DEVICES: Readonly<Record<DeviceKind, z.ZodType>> = {pl011, pl031, 'virtio-slots': z.strictObject({})};

const machine = (board: Board, {cpus, memory}: Configuration) =>
  z.strictObject({
    loop: loop(cpus),
    input: z.array(byte),
    cores: z.array(core(board, memory)).length(cpus),
    gic: gic(cpus, board.gic.interrupts),
    timer: timer(cpus),
    devices: z.strictObject(Object.fromEntries(board.devices.map(({kind}) => [kind, DEVICES[kind]]))),
  }) satisfies z.ZodType<MachineState>;

const log = z.strictObject({
  lines: z.array(z.string()),
  line: z.array(byte),
  panicked: z.boolean(),
}) satisfies z.ZodType<ConsoleLogState>;

/** What the end of the guest's input has come to: see Patience of the command line. */
export interface Session {
  readonly log: ConsoleLogState;
  readonly printed: boolean;
  /** Guest time. */
  readonly pressed: number;
  readonly presses: number;
}

const session = z.strictObject({
  log,
  printed: z.boolean(),
  pressed: count,
  presses: count,
}) satisfies z.ZodType<Session>;

/** Bytes in the file and before compression, and the CRC of what is in the file. */
export interface Section {
  readonly stored: number;
  readonly size: number;
  readonly checksum: number;
}

const section = z.strictObject({stored: count, size: count, checksum: word}) satisfies z.ZodType<Section>;

const described = {name: z.string(), hash: z.string().regex(/^[0-9a-f]{64}$/)};
const boot = z.strictObject({
  image: z.strictObject(described),
  others: z.array(z.strictObject({role: z.string(), ...described})),
  commandLine: z.string(),
}) satisfies z.ZodType<BootDescription>;

/** What must be known before the rest can be checked. */
export const configuration = z.object({
  board: z.enum(BOARDS.map(({id}) => id)),
  cpus: z.int().min(1).max(MOST_CPUS),
  memory: z.int().min(1),
});
export type Configuration = z.infer<typeof configuration>;

export interface Header extends Configuration {
  /** The command that made it. */
  readonly command: string;
  readonly boot: BootDescription;
  readonly machine: MachineState;
  readonly session: Session;
  /** Of the file, in order: the map of pages, then pages. */
  readonly sections: readonly Section[];
}

export const header = (of: Configuration): z.ZodType<Header> =>
  z.strictObject({
    ...configuration.shape,
    command: z.string(),
    boot,
    machine: machine(BOARDS.find(({id}) => id === of.board)!, of),
    session,
    sections: z.array(section).min(1),
  });
