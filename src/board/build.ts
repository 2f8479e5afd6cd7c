/** The devices of a board, wired: registers to the bus, outputs to the interrupt controller. */
import {type Board, type BoardDevice, type DeviceKind, type Interrupt, TIMER_INTERRUPTS} from './boards.ts';
import {DeviceBus, type Mapped} from './device-bus.ts';
import {GenericTimer, type TimerSettings} from './devices/generic-timer.ts';
import {Gic, PRIVATE} from './devices/gic.ts';
import {gicCpuInterface} from './devices/gic-cpu-interface.ts';
import {gicDistributor} from './devices/gic-distributor.ts';
import {type Input, Pl011, pl011Registers} from './devices/pl011.ts';
import {Pl031, pl031Registers} from './devices/pl031.ts';
import {virtioSlots} from './devices/virtio-slots.ts';
import {type Saved, STATELESS} from './saved.ts';

export interface Wiring {
  readonly board: Board;
  readonly cpus: number;
  readonly ram: Uint8Array;
  readonly epoch: number;
  readonly unitsPerSecond: number;
  /** Guest time as a vCPU sees it. */
  readonly now: (cpu: number) => number;
  readonly send: (character: number) => void;
  readonly input: Input;
  readonly onTimerProgram: TimerSettings['onProgram'];
}

export interface Devices {
  readonly bus: DeviceBus;
  readonly gic: Gic;
  readonly timer: GenericTimer;
  /** Those besides the timers that do something by themselves. */
  readonly timed: readonly TimedDevice[];
  /** State of the board's devices, by kind. */
  readonly saved: Readonly<Partial<Record<DeviceKind, Saved<unknown>>>>;
}

export interface TimedDevice {
  /** Guest time at which it does; infinite when nothing is to come. */
  readonly due: () => number;
  readonly advance: () => void;
}

interface Part {
  readonly mapped: Mapped;
  readonly timed?: TimedDevice;
  readonly saved: Saved<unknown>;
}

/** Guest time of devices outside of a vCPU is the first one's. */
const ANY_CPU = 0;

const build = (
  device: BoardDevice,
  wiring: Wiring,
  line: (interrupt: Interrupt) => (isHigh: boolean) => void,
): Part => {
  switch (device.kind) {
    case 'pl011': {
      const {send, input, now, unitsPerSecond} = wiring;
      const uart = new Pl011({send, input, now, unitsPerSecond, setLevel: line(device.interrupt)});
      return {
        mapped: {name: 'pl011', window: device.window, device: pl011Registers('pl011', uart)},
        timed: {due: () => uart.due, advance: () => uart.advance(ANY_CPU)},
        saved: uart,
      };
    }
    case 'pl031': {
      const {epoch, unitsPerSecond, now} = wiring;
      const clock = new Pl031({epoch, unitsPerSecond, now, setLevel: line(device.interrupt)});
      return {
        mapped: {name: 'pl031', window: device.window, device: pl031Registers('pl031', clock)},
        timed: {due: () => clock.due, advance: () => clock.advance(ANY_CPU)},
        saved: clock,
      };
    }
    case 'virtio-slots': {
      const {base, stride, count} = device;
      const window = {base, size: stride * count};
      return {
        mapped: {name: 'virtio-mmio', window, device: virtioSlots('virtio-mmio', count, stride)},
        saved: STATELESS,
      };
    }
  }
};

export const buildDevices = (wiring: Wiring): Devices => {
  const {board, cpus, ram, now, unitsPerSecond} = wiring;
  const gic = new Gic(cpus, board.gic.interrupts);
  const timer = new GenericTimer({
    cpus,
    frequency: board.timerFrequency,
    unitsPerSecond,
    now,
    onProgram: wiring.onTimerProgram,
    setLevel: (name, cpu, isHigh) => gic.setLevel(TIMER_INTERRUPTS[name], isHigh, cpu),
  });
  const line =
    ({spi}: Interrupt) =>
    (isHigh: boolean) =>
      gic.setLevel(PRIVATE + spi, isHigh);
  const parts = board.devices.map((device) => ({kind: device.kind, ...build(device, wiring, line)}));
  const bus = new DeviceBus(ram, board.ramBase, [
    {name: 'gicd', window: board.gic.distributor, device: gicDistributor('gicd', gic)},
    {name: 'gicc', window: board.gic.cpuInterface, device: gicCpuInterface('gicc', gic)},
    ...parts.map(({mapped}) => mapped),
  ]);
  return {
    bus,
    gic,
    timer,
    timed: parts.flatMap(({timed}) => timed ?? []),
    saved: Object.fromEntries(parts.map(({kind, saved}) => [kind, saved])),
  };
};
