/** Boards as data: what devices they have, where, and with which interrupts. */

export interface Window {
  readonly base: number;
  readonly size: number;
}

/** A shared peripheral interrupt: its number counts from the GIC's interrupt 32. */
export interface Interrupt {
  readonly spi: number;
  readonly trigger: 'edge' | 'level';
}

interface SingleDevice {
  readonly kind: 'pl011' | 'pl031';
  readonly window: Window;
  readonly interrupt: Interrupt;
}

/** Transports in a row, with interrupts in a row. */
interface VirtioSlots {
  readonly kind: 'virtio-slots';
  readonly base: number;
  readonly stride: number;
  readonly count: number;
  readonly interrupt: Interrupt;
}

/** A board has one of each kind at most. */
export type BoardDevice = SingleDevice | VirtioSlots;
export type DeviceKind = BoardDevice['kind'];

export interface Board {
  readonly id: string;
  readonly summary: string;
  /** Where the map is from. */
  readonly source: string;
  readonly model: string;
  readonly ramBase: number;
  /** More would run into the map's upper end. */
  readonly mostRam: number;
  readonly gic: {readonly distributor: Window; readonly cpuInterface: Window; readonly interrupts: number};
  /** Of the generic timer, in Hz. */
  readonly timerFrequency: number;
  /** What the device tree says of the clock of UART and real-time clock, in Hz. */
  readonly peripheralClock: number;
  readonly devices: readonly BoardDevice[];
}

/** Interrupts of the generic timer, private to each CPU; alike on all boards with a Cortex-A7. */
export const TIMER_INTERRUPTS = {securePhysical: 29, physical: 30, virtual: 27, hypervisor: 26} as const;
export const MOST_CPUS = 4;

/** RAM, GIC and console are at the same places on both. */
const common = {
  ramBase: 0x4000_0000,
  mostRam: 0x8000_0000,
  gic: {
    distributor: {base: 0x0800_0000, size: 0x1_0000},
    cpuInterface: {base: 0x0801_0000, size: 0x1_0000},
    interrupts: 288,
  },
  peripheralClock: 24_000_000,
} as const;
const console: BoardDevice = {
  kind: 'pl011',
  window: {base: 0x0900_0000, size: 0x1000},
  interrupt: {spi: 1, trigger: 'level'},
};

const VIRT: Board = {
  ...common,
  id: 'virt',
  summary: "QEMU's virt, without PCI, flash, GPIO and firmware configuration",
  source: 'QEMU 7.2 hw/arm/virt.c, base_memmap and a15irqmap; -machine dumpdtb',
  model: 'linux,dummy-virt',
  timerFrequency: 62_500_000,
  devices: [
    console,
    {kind: 'pl031', window: {base: 0x0901_0000, size: 0x1000}, interrupt: {spi: 2, trigger: 'level'}},
    {kind: 'virtio-slots', base: 0x0a00_0000, stride: 0x200, count: 32, interrupt: {spi: 16, trigger: 'edge'}},
  ],
};

const VIRT_V7: Board = {
  ...common,
  id: 'virt-v7',
  summary: "Xvisor's guest virt-v7 on a Cubieboard2, whose timer runs at 24 MHz",
  source: 'Xvisor tests/arm32/virt-v7/linux/virt-v7.dts; Allwinner A20 manual, 1.12',
  model: 'Virt-v7',
  timerFrequency: 24_000_000,
  devices: [
    console,
    {kind: 'virtio-slots', base: 0x0a00_0000, stride: 0x1000, count: 3, interrupt: {spi: 16, trigger: 'level'}},
  ],
};

export const BOARDS: readonly Board[] = [VIRT, VIRT_V7];
