/** The machine's loop: turns, time, waits and power, with vCPUs whose every instruction is a function here. */
import {describe, expect, test} from 'vitest';
import {BOARDS} from '../../src/board/boards.ts';
import {Machine} from '../../src/board/machine.ts';
import type {StopReason, VirtualCpu} from '../../src/board/virtual-cpu.ts';
import type {Bus, CpuSurroundings} from '../../src/isa/system/bus.ts';

const VIRT = BOARDS.find(({id}) => id === 'virt')!;
const GICD = VIRT.gic.distributor.base;
const GICC = VIRT.gic.cpuInterface.base;
const VIRTUAL_TIMER = 27;

/** What an instruction sees; its answer is why the vCPU stops, if it does. */
interface Scene {
  readonly index: number;
  readonly bus: Bus;
  readonly surroundings: CpuSurroundings;
  readonly time: () => number;
}
type Instruction = (scene: Scene) => 'wfi' | 'wfe' | undefined;

/** Repeats its last instruction for ever. */
class ScriptedCpu implements VirtualCpu {
  instructions = 0;
  isOn = false;
  readonly registers = new Int32Array(16);
  readonly started: (readonly number[])[] = [];
  #event = false;
  #waiting: 'wfi' | 'wfe' | undefined;
  #at = 0;
  readonly #script: readonly Instruction[];
  readonly #scene: Scene;

  constructor(script: readonly Instruction[], scene: Scene) {
    this.#script = script;
    this.#scene = scene;
  }

  powerOn(entry: number, r0 = 0): void {
    this.started.push([entry, r0]);
    this.isOn = true;
    this.#waiting = undefined;
    this.#at = 0;
  }
  powerOff(): void {
    this.isOn = false;
  }
  standBy(): void {
    this.#waiting = 'wfi';
  }
  signalEvent(): void {
    this.#event = true;
  }
  canResume(): boolean {
    const {surroundings, index} = this.#scene;
    return (
      this.isOn && (this.#waiting === undefined || surroundings.irq(index) || (this.#waiting === 'wfe' && this.#event))
    );
  }
  step(budget: number): StopReason {
    if (this.#waiting === 'wfe') this.#event = false;
    this.#waiting = undefined;
    for (let left = budget; left > 0; left--) {
      const instruction = this.#script[Math.min(this.#at++, this.#script.length - 1)]!;
      this.instructions++;
      this.#waiting = instruction(this.#scene);
      if (!this.isOn) return 'halted';
      if (this.#waiting !== undefined) return this.#waiting;
    }
    return 'budget';
  }
  readonly touched = new Uint8Array(0);
  save(): never {
    throw new Error('its script cannot be saved');
  }
  restore(): void {
    this.save();
  }
  describe(): string {
    return `at ${this.#at}`;
  }
}

const build = (scripts: readonly (readonly Instruction[])[], quantum = 10, sharesCpu = false) => {
  const output: number[] = [];
  const cpus: ScriptedCpu[] = [];
  const machine: Machine = new Machine({
    board: VIRT,
    cpus: scripts.length,
    ram: new Uint8Array(2 ** 21),
    start: {entry: 0x4000_0000, registers: [0, 1, 2]},
    createCpus: (bus, surroundings) => {
      cpus.push(
        ...scripts.map(
          (script, index) => new ScriptedCpu(script, {index, bus, surroundings, time: () => machine.now(index)}),
        ),
      );
      return cpus;
    },
    send: (character) => output.push(character),
    epoch: 0,
    turns: {quantum, sharesCpu},
  });
  return {machine, cpus, output};
};

const nop: Instruction = () => undefined;
const wfi: Instruction = () => 'wfi';
const wfe: Instruction = () => 'wfe';
const call =
  (...values: number[]): Instruction =>
  ({index, surroundings}) => {
    surroundings.call(index, 'hvc', Uint32Array.from([...values, 0, 0, 0].slice(0, 4)));
    return undefined;
  };
const PSCI = {off: 0x8400_0002, on: 0x8400_0003, systemOff: 0x8400_0008, reset: 0x8400_0009} as const;
const write =
  (address: number, value: number): Instruction =>
  ({index, bus}) => {
    bus.write(address, 4, value, index);
    return undefined;
  };
/** The interrupt controller as Linux sets it up, for this vCPU. */
const enable = (interrupt: number): Instruction[] => [
  write(GICD, 1),
  write(GICD + 0x100 + 4 * (interrupt >>> 5), 2 ** (interrupt % 32)),
  write(GICC + 4, 0xf0),
  write(GICC, 1),
];
/** CNTV_CVAL and CNTV_CTL. */
const timerAt = (count: bigint): Instruction[] => [
  ({index, surroundings}) => {
    surroundings.timerWrite(index, 14, 3, true, count);
    return undefined;
  },
  ({index, surroundings}) => {
    surroundings.timerWrite(index, 3, 1, false, 1);
    return undefined;
  },
];

test('time is the instruction count', () => {
  const {machine, cpus} = build([[nop]]);
  expect(machine.advance(1000)).toEqual({state: 'running'});
  expect([machine.time, machine.instructions, cpus[0]!.started]).toEqual([1000, 1000, [[0x4000_0000, 0]]]);
  expect([...cpus[0]!.registers.subarray(0, 3)]).toEqual([0, 1, 2]);
});

test('vCPUs run at once: each executes as much as time goes on', () => {
  const {machine, cpus} = build([[call(PSCI.on, 1, 0x4000_1000, 7), nop], [nop]]);
  machine.advance(100);
  expect([machine.time, ...cpus.map(({instructions}) => instructions)]).toEqual([100, 100, 100]);
  expect(cpus[1]!.started).toEqual([[0x4000_1000, 7]]);
});

test('no vCPU sees time go back, whoever looks', () => {
  const seen: number[] = [];
  const look: Instruction = ({time}) => {
    seen.push(time());
    return undefined;
  };
  build([[call(PSCI.on, 1, 0x4000_1000), look], [look]]).machine.advance(100);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.length).toBe(199);
});

describe('a wait', () => {
  test('for nothing is idle for ever', () => {
    expect(build([[wfi]]).machine.advance(100)).toEqual({state: 'idle', until: Number.POSITIVE_INFINITY});
  });

  test('for the timer ends when it is due, and not before', () => {
    const woken: number[] = [];
    const {machine, cpus} = build([
      [
        ...enable(VIRTUAL_TIMER),
        // The counter is guest time / 16.
        ...timerAt(100n),
        wfi,
        ({time}) => {
          woken.push(time());
          return undefined;
        },
        nop,
      ],
    ]);
    expect(machine.advance(5000)).toEqual({state: 'idle', until: 1600});
    machine.skipTo(1600);
    machine.advance(10);
    // The instruction itself is one unit of time.
    expect(woken).toEqual([1601]);
    expect(cpus[0]!.instructions).toBe(7 + 10);
  });

  test('ends within a turn when the timer is due within it', () => {
    const {machine, cpus} = build([[...enable(VIRTUAL_TIMER), ...timerAt(5n), wfi, nop]], 1000);
    expect(machine.advance(1000)).toEqual({state: 'running'});
    // Seven instructions, a wait until 80, then one each.
    expect(cpus[0]!.instructions).toBe(7 + 920);
  });

  test('ends with an interrupt that another vCPU sends', () => {
    const {machine, cpus} = build([
      [
        call(PSCI.on, 1, 0x4000_0000),
        ...enable(VIRTUAL_TIMER),
        ...Array(30).fill(nop),
        write(GICD + 0xf00, 0x0002_0001),
        nop,
      ],
      [...enable(VIRTUAL_TIMER), wfi, call(PSCI.systemOff)],
    ]);
    expect(machine.advance(200)).toEqual({state: 'ended', why: 'power-off'});
    expect(cpus[1]!.instructions).toBe(6);
    // Sent by instruction 36, so in the turn that ends at 40.
    expect(machine.time).toBeLessThan(40);
  });

  test('for an event ends with SEV, with the event stream, and at once when an event came before', () => {
    const sev: Instruction = ({index, surroundings}) => {
      surroundings.sendEvent(index);
      return undefined;
    };
    const {machine, cpus} = build([
      [call(PSCI.on, 1, 0x4000_0000), ...Array(50).fill(nop), sev, nop],
      [wfe, nop],
    ]);
    machine.advance(100);
    // Waits from 1 to the turn with the event, at 50.
    expect(cpus[1]!.instructions).toBeGreaterThanOrEqual(1 + 40);
    expect(cpus[1]!.instructions).toBeLessThanOrEqual(1 + 50);

    const stream: Instruction = ({index, surroundings}) => {
      // CNTKCTL: bit 2 of the counter, whose first rise is at count 4, time 64.
      surroundings.timerWrite(index, 1, 0, false, (2 << 4) | 4);
      return undefined;
    };
    const streaming = build([[stream, wfe, nop]]);
    expect(streaming.machine.advance(40)).toEqual({state: 'idle', until: 64});
    streaming.machine.skipTo(64);
    streaming.machine.advance(10);
    expect(streaming.cpus[0]!.instructions).toBe(2 + 10);
  });
});

describe('vCPUs that share a CPU', () => {
  const startSecond = call(PSCI.on, 1, 0x4000_0000);
  const noteTime =
    (times: number[]): Instruction =>
    ({time}) => {
      times.push(time());
      return undefined;
    };
  const onOneCpu = (...scripts: (readonly Instruction[])[]) => build(scripts, 10, true);

  test('execute one at a time, and time passes for the others', () => {
    const times: [number[], number[]] = [[], []];
    const {machine} = onOneCpu([startSecond, noteTime(times[0])], [noteTime(times[1])]);
    machine.advance(40);
    const from = (first: number) => Array.from({length: 10}, (_, index) => first + index);
    expect(times).toEqual([
      [...from(1).slice(1), ...from(21)],
      [...from(11), ...from(31)],
    ]);
    expect([machine.time, machine.instructions]).toEqual([40, 40]);
  });

  test('leave it where they wait, and nobody waits on it while another can run', () => {
    const {machine, cpus} = onOneCpu(
      [startSecond, nop, nop, wfi],
      [...enable(VIRTUAL_TIMER), ...timerAt(2n), wfi, nop],
    );
    expect(machine.advance(15)).toEqual({state: 'idle', until: 32});
    expect([machine.time, ...cpus.map(({instructions}) => instructions)]).toEqual([4 + 7, 4, 7]);
    machine.skipTo(32);
    machine.advance(10);
    expect([machine.time, cpus[1]!.instructions]).toEqual([42, 17]);
  });

  test.each<[string, Instruction, readonly Instruction[], 'wfi' | 'wfe', number]>([
    ['an interrupt that another sends', write(GICD + 0xf00, 0x0002_0001), enable(1), 'wfi', 1],
    [
      'SEV',
      ({index, surroundings}) => {
        surroundings.sendEvent(index);
        return undefined;
      },
      [],
      'wfe',
      1,
    ],
    // Due at 32: the first one runs from 17 to 27, and to 37.
    ['a timer', nop, [...enable(VIRTUAL_TIMER), ...timerAt(2n)], 'wfi', 2],
  ])('%s ends a wait when the turn comes', (_, wake, prepare, wait, turns) => {
    const woken: number[] = [];
    // From the second turn's beginning on, the first one wakes the other, and runs to that turn's end.
    const {machine} = onOneCpu(
      [startSecond, write(GICD, 1), ...Array<Instruction>(8).fill(nop), wake, nop],
      [...prepare, () => wait, noteTime(woken), nop],
    );
    machine.advance(60);
    const asleep = 10 + prepare.length + 1;
    // The instruction itself is one unit of time.
    expect(woken).toEqual([asleep + 10 * turns + 1]);
  });

  test('wake by an event that came before the wait', () => {
    const {machine, cpus} = onOneCpu([
      ({index, surroundings}) => {
        surroundings.sendEvent(index);
        return undefined;
      },
      wfe,
      nop,
    ]);
    machine.advance(20);
    expect(cpus[0]!.instructions).toBe(20);
  });
});

describe('power', () => {
  test.each([
    ['power-off', PSCI.systemOff],
    ['reset', PSCI.reset],
  ])('%s ends the machine with its instruction', (why, id) => {
    const {machine, cpus} = build([[nop, call(id), nop]]);
    expect(machine.advance(1000)).toEqual({state: 'ended', why});
    expect(cpus[0]!.instructions).toBe(2);
  });

  test('a vCPU that turns itself off executes nothing more until it is turned on again', () => {
    const {machine, cpus} = build([
      [call(PSCI.on, 1, 0x4000_0000), ...Array(20).fill(nop), call(PSCI.on, 1, 0x4000_0010), nop],
      [nop, call(PSCI.off), nop],
    ]);
    machine.advance(15);
    expect([cpus[1]!.instructions, machine.describe()]).toEqual([2, 'vCPU 0, running:\nat 20\nvCPU 1, off']);
    machine.advance(30);
    expect([cpus[1]!.instructions, cpus[1]!.started.length]).toEqual([4, 2]);
  });
});

test('typed characters reach the console, and what the guest writes comes out', () => {
  const console = 0x0900_0000;
  const read: number[] = [];
  const {machine, output} = build([
    [
      write(console + 0x30, 0x301),
      write(console, 0x68),
      // The UART's receive interrupts, at the distributor and at the CPU.
      write(console + 0x38, 0x50),
      ...enable(33),
      wfi,
      ({bus, index}) => {
        read.push(bus.read(console, 4, index));
        return undefined;
      },
      wfi,
    ],
  ]);
  machine.type(Buffer.from('x'));
  // The line settles for 10 ms after UARTCR is written by the first instruction.
  expect(machine.advance(10)).toEqual({state: 'idle', until: 10_000_001});
  expect([output, read]).toEqual([[0x68], []]);
  machine.skipTo(10_000_001);
  machine.advance(10);
  expect(machine.advance(10)).toEqual({state: 'idle', until: Number.POSITIVE_INFINITY});
  expect(read).toEqual([0x78]);
});

test('an access where the board has nothing is an error that says where', () => {
  const {machine} = build([[write(0x1234_5678, 1)]]);
  expect(() => machine.advance(10)).toThrow('no device: write of 0x1, 4 bytes at offset 0x12345678, by vCPU 0');
});
