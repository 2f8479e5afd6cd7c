/** Which class of device a physical address of a board belongs to. */
import type {DeviceClass} from '../trace/events.ts';
import type {Board, BoardDevice, Window} from './boards.ts';

/** Of virtio only empty transports exist. */
const CLASSES: Readonly<Record<BoardDevice['kind'], DeviceClass>> = {
  pl011: 'console',
  pl031: 'other',
  'virtio-slots': 'other',
};

const windowOf = (device: BoardDevice): Window =>
  device.kind === 'virtio-slots' ? {base: device.base, size: device.stride * device.count} : device.window;

/** Of addresses where there is no device, `other`. */
export const deviceClass = ({gic, devices}: Board, address: number): DeviceClass => {
  const holds = ({base, size}: Window): boolean => address >= base && address < base + size;
  if (holds(gic.distributor)) return 'interrupt-distributor';
  if (holds(gic.cpuInterface)) return 'interrupt-cpu-interface';
  const device = devices.find((one) => holds(windowOf(one)));
  return device === undefined ? 'other' : CLASSES[device.kind];
};

/** GICD_SGIR. */
const SOFTWARE_INTERRUPTS = 0xf00;
export const softwareInterruptRegister = ({gic}: Board): number => gic.distributor.base + SOFTWARE_INTERRUPTS;
