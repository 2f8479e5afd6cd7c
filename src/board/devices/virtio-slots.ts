/**
 * Transports of Virtual I/O over MMIO (Virtual I/O Device 1.1, 4.2.2) with no device behind them: a driver that reads device
 * number 0 goes no further. Version 1 and the vendor are QEMU's, and so is what one finds that goes on to use a queue: nothing happens.
 */
import {ignored, type Register, RegisterFile} from '../registers.ts';

const registers: readonly Register<undefined>[] = [
  {name: 'MagicValue', offset: 0x000, source: '4.2.2', constant: 0x7472_6976},
  {name: 'Version', offset: 0x004, source: '4.2.4', constant: 1},
  {name: 'DeviceID', offset: 0x008, source: '4.2.2', constant: 0},
  {name: 'VendorID', offset: 0x00c, source: '4.2.2', constant: 0x554d_4551},
  {name: 'QueueNotify', offset: 0x050, source: '4.2.2', write: ignored},
  {name: 'InterruptStatus', offset: 0x060, source: '4.2.2', constant: 0},
  {name: 'InterruptACK', offset: 0x064, source: '4.2.2', write: ignored},
];

export const virtioSlots = (name: string, slots: number, stride: number): RegisterFile<undefined> =>
  new RegisterFile(
    name,
    undefined,
    Array.from({length: slots}, (_, slot) =>
      registers.map((register) => ({...register, offset: register.offset + slot * stride})),
    ).flat(),
  );
