/**
 * Random recordings of machines of several vCPUs: one order of steps, cut by vCPU. Edges are those of a recorder; timers tick,
 * interrupts come to who waits and who runs, locks go to and fro.
 */
import fc from 'fast-check';
import {DEVICE_CLASSES, EXCEPTIONS, TLB_OPERATIONS, WAITS} from '../../src/trace/events.ts';
import {eventRecord} from '../../src/trace/records.ts';
import {Edges} from '../../src/tracegen/machine/edges.ts';
import {type Format, RAM, Recorder, SIZES} from '../costmodel/machine-streams.ts';
import {anyRun, markerWords, type Run} from '../costmodel/streams.ts';

/** Nanoseconds of guest time that each step takes. */
const STEP = 50_000;
export const TICK = 1_000_000;
const USER = 0x10;
const SYSTEM = 0x1f;
const VIRTUAL_TIMER = 27;
const NO_INTERRUPT = 1023;
const DISTRIBUTOR = 0x0800_0000;
const CPU_INTERFACE = 0x0801_0000;
const WRITE = 1 << 8;

const two = (time: number): number[] => [time >>> 0, Math.floor(time / 2 ** 32)];
const device = (name: (typeof DEVICE_CLASSES)[number], address: number, form: number, value: number): number[] => [
  eventRecord('device-access', 4),
  DEVICE_CLASSES.indexOf(name),
  address,
  form,
  value,
];

interface VcpuState {
  readonly recorder: Recorder;
  executed: number;
  waiting: 'wfi' | 'wfe' | undefined;
  /** SGIs that it has not taken. */
  pending: number;
  due: number;
}

/** Does to a machine what vCPUs do, and writes what a recorder would. */
export class Machine {
  readonly #vcpus: readonly VcpuState[];
  readonly #edges: Edges;
  #edge = 0;
  #now = 0;

  constructor(vcpus: number, format: Format) {
    this.#vcpus = Array.from({length: vcpus}, () => ({
      recorder: new Recorder(format, false),
      executed: 0,
      waiting: undefined,
      pending: 0,
      due: TICK,
    }));
    this.#edges = new Edges(vcpus, {
      release: (cpu) => {
        this.write(cpu, [eventRecord('release', 1), this.#edge]);
        return this.#edge++;
      },
      acquire: (cpu, edge) => this.write(cpu, [eventRecord('acquire', 1), edge]),
      executed: (cpu) => this.#vcpus[cpu]!.executed,
    });
    for (const cpu of this.#vcpus.keys()) this.#program(cpu, 1);
  }

  get vcpus(): number {
    return this.#vcpus.length;
  }

  get streams(): readonly (readonly number[])[] {
    return this.#vcpus.map(({recorder}) => recorder.words);
  }

  write(cpu: number, words: readonly number[]): void {
    this.#vcpus[cpu]!.recorder.words.push(...words);
  }

  isWaiting(cpu: number): boolean {
    return this.#vcpus[cpu]!.waiting !== undefined;
  }

  run(cpu: number, run: Run): void {
    this.#now += STEP;
    const vcpu = this.#vcpus[cpu]!;
    vcpu.recorder.run(run);
    vcpu.executed += run.rounds;
  }

  all(words: readonly number[]): void {
    for (const cpu of this.#vcpus.keys()) this.write(cpu, words);
  }

  invalidate(operation: (typeof TLB_OPERATIONS)[number], space: number): void {
    for (const {recorder} of this.#vcpus) recorder.invalidate(operation, space, 0, 1);
  }

  exclusive(cpu: number, granule: number, run: Run): void {
    this.#edges.exclusive(cpu, granule * 64);
    this.run(cpu, run);
  }

  sendInterrupt(from: number, to: number): void {
    if (from === to) return;
    this.write(from, [eventRecord('send-sgi', 2), 1, 1 << to]);
    this.#edges.wake(from, to);
    this.#vcpus[to]!.pending++;
  }

  sendEvent(from: number): void {
    this.write(from, [eventRecord('send-event', 0)]);
    for (const [to, {waiting}] of this.#vcpus.entries()) if (waiting === 'wfe') this.#edges.wake(from, to);
  }

  wait(cpu: number, kind: 'wfi' | 'wfe', isEntered: boolean): void {
    this.write(cpu, [eventRecord('wait', 3), WAITS.indexOf(kind), ...two(this.#now)]);
    const vcpu = this.#vcpus[cpu]!;
    const isPending = vcpu.pending > 0 || vcpu.due <= this.#now;
    if (isEntered && !isPending) vcpu.waiting = kind;
  }

  /** Its wait ends, for what there is: interrupts, an event, or its timer. */
  resume(cpu: number): void {
    const vcpu = this.#vcpus[cpu]!;
    if (vcpu.waiting === 'wfi' && vcpu.pending === 0) this.#now = Math.max(this.#now, vcpu.due);
    vcpu.waiting = undefined;
    this.#edges.woken(cpu);
    this.write(cpu, [eventRecord('resume', 2), ...two(this.#now)]);
  }

  /** Takes all interrupts that there are. */
  interrupts(cpu: number): void {
    const vcpu = this.#vcpus[cpu]!;
    const isTick = vcpu.due <= this.#now;
    if (vcpu.pending === 0 && !isTick) return;
    this.#edges.woken(cpu);
    this.write(cpu, [eventRecord('exception-entry', 2), EXCEPTIONS.indexOf('irq'), 0x8000]);
    for (; vcpu.pending > 0; vcpu.pending--) this.#acknowledge(cpu, 1, () => {});
    if (isTick)
      this.#acknowledge(cpu, VIRTUAL_TIMER, () => {
        this.#program(cpu, 3);
        while (vcpu.due <= this.#now) vcpu.due += TICK;
        this.#program(cpu, 1);
      });
    this.write(cpu, device('interrupt-cpu-interface', CPU_INTERFACE + 0xc, 4, NO_INTERRUPT));
    this.write(cpu, [eventRecord('exception-return', 2), 0x9000, USER]);
  }

  #acknowledge(cpu: number, id: number, handle: () => void): void {
    this.write(cpu, device('interrupt-cpu-interface', CPU_INTERFACE + 0xc, 4, id));
    handle();
    this.write(cpu, device('interrupt-cpu-interface', CPU_INTERFACE + 0x10, 4 | WRITE, id));
  }

  #program(cpu: number, control: number): void {
    const {due} = this.#vcpus[cpu]!;
    this.write(cpu, [eventRecord('timer-program', 6), 0, control, ...two(this.#now), ...two(due)]);
  }
}

const NOTED: readonly (readonly number[])[] = [
  device('interrupt-distributor', DISTRIBUTOR + 0x100, 4, 1),
  device('interrupt-distributor', DISTRIBUTOR + 0x100, 4 | WRITE, 1),
  device('console', 0x0900_0000, 4, 65),
  device('block', 0x0a00_0000, 4 | WRITE, 1),
  device('other', 0x0b00_0000, 4, 1),
  [eventRecord('hypercall', 3), 0, 0, 0],
  [eventRecord('register-access', 1), 0x2f_0001],
  [eventRecord('first-touch', 1), RAM.base],
  [eventRecord('supervisor-call', 1), 3],
  [eventRecord('exception-return', 2), 0x9000, SYSTEM],
];

type Step = (machine: Machine, cpu: number) => void;

const anyShortRun: fc.Arbitrary<Run> = fc
  .tuple(anyRun, fc.integer({min: 1, max: 12}))
  .map(([run, rounds]) => ({...run, rounds}));

const running =
  (step: Step): Step =>
  (machine, cpu) => {
    if (!machine.isWaiting(cpu)) step(machine, cpu);
  };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {weight: 8, arbitrary: anyShortRun.map((run) => running((machine, cpu) => machine.run(cpu, run)))},
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(2), anyShortRun)
      .map(([granule, run]) => running((machine, cpu) => machine.exclusive(cpu, granule, run))),
  },
  {
    weight: 3,
    arbitrary: fc.nat(3).map((to) => running((machine, cpu) => machine.sendInterrupt(cpu, to % machine.vcpus))),
  },
  {weight: 2, arbitrary: fc.constant(running((machine, cpu) => machine.sendEvent(cpu)))},
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('wfi' as const, 'wfe' as const), fc.boolean())
      .map(([kind, isEntered]) => running((machine, cpu) => machine.wait(cpu, kind, isEntered))),
  },
  {
    weight: 5,
    arbitrary: fc.constant<Step>((machine, cpu) => {
      if (machine.isWaiting(cpu)) machine.resume(cpu);
      machine.interrupts(cpu);
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...NOTED).map((words) => running((machine, cpu) => machine.write(cpu, words))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...TLB_OPERATIONS), fc.nat(3)).map<Step>(
      ([operation, space]) =>
        (machine) =>
          machine.invalidate(operation, space),
    ),
  },
);

export interface Recording {
  /** By vCPU. */
  readonly streams: readonly (readonly number[])[];
  readonly hasMarkers: boolean;
}

/** @param steps at most. */
export const anyRecording = (vcpus: number, steps: number): fc.Arbitrary<Recording> =>
  fc
    .record({
      format: fc.constantFrom(...(Object.keys(SIZES) as Format[])),
      hasMarkers: fc.boolean(),
      warm: fc.nat(10),
      steps: fc.array(fc.tuple(fc.nat(vcpus - 1), anyStep), {minLength: 1, maxLength: steps}),
    })
    .map(({format, hasMarkers, warm, steps: all}) => {
      const machine = new Machine(vcpus, format);
      for (const [at, [cpu, step]] of all.entries()) {
        if (hasMarkers && at === Math.min(warm, all.length - 1)) machine.all(markerWords('begin'));
        step(machine, cpu);
      }
      for (let cpu = 0; cpu < vcpus; cpu++) {
        if (machine.isWaiting(cpu)) machine.resume(cpu);
        machine.interrupts(cpu);
        machine.run(cpu, {block: 1, rounds: 1, kind: 0, size: 4, start: 0x10_0000, step: 4});
      }
      if (hasMarkers) machine.all(markerWords('end'));
      return {streams: machine.streams, hasMarkers};
    });
