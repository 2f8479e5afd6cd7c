/** UART, real-time clock and empty virtio transports, through their registers. */
import {describe, expect, test} from 'vitest';
import {Pl011, pl011Registers} from '../../src/board/devices/pl011.ts';
import {Pl031, pl031Registers} from '../../src/board/devices/pl031.ts';
import {virtioSlots} from '../../src/board/devices/virtio-slots.ts';

const UART = {
  DR: 0,
  FR: 0x18,
  LCR_H: 0x2c,
  CR: 0x30,
  IFLS: 0x34,
  IMSC: 0x38,
  RIS: 0x3c,
  MIS: 0x40,
  ICR: 0x44,
  DMACR: 0x48,
} as const;
/** Ten bits at 115200 baud, and the time after which the first may come. */
const CHARACTER = 86_806;
const SETTLED = 10_000_000;
const RECEIVE = 1 << 4;
const TRANSMIT = 1 << 5;
const TIMEOUT = 1 << 6;
const EMPTY = 0x90;
const FULL = 0xc0;

describe('the UART', () => {
  /** Enabled for receiving, with its FIFO. */
  const uart = (input = '') => {
    const state = {sent: '', line: false, input: [...Buffer.from(input)], time: 0};
    const device = new Pl011({
      unitsPerSecond: 1e9,
      now: () => state.time,
      input: {
        get isEmpty() {
          return state.input.length === 0;
        },
        take: () => state.input.shift(),
      },
      send: (character) => {
        state.sent += String.fromCharCode(character);
      },
      setLevel: (isHigh) => {
        state.line = isHigh;
      },
    });
    const registers = pl011Registers('pl011', device);
    const read = (name: keyof typeof UART) => registers.read(UART[name], 2, 0);
    const write = (name: keyof typeof UART, value: number) => registers.write(UART[name], 2, value, 0);
    write('LCR_H', 0x70);
    write('CR', 0x301);
    state.time = SETTLED;
    for (let arrived = 0; arrived <= input.length; arrived++) {
      device.advance(0);
      state.time += CHARACTER;
    }
    return {state, device, read, write};
  };

  test('sends at once, and says so with an interrupt that is cleared', () => {
    const {state, read, write} = uart();
    write('IMSC', TRANSMIT);
    expect(state.line).toBe(false);
    write('DR', 0x141);
    expect([state.sent, read('FR'), state.line, read('MIS')]).toEqual(['A', EMPTY, true, TRANSMIT]);
    write('ICR', TRANSMIT);
    expect([state.line, read('RIS')]).toEqual([false, 0]);
  });

  test.each([
    // Half of sixteen characters is the trigger level after reset.
    ['seven', 'abcdefg', TIMEOUT],
    ['eight', 'abcdefgh', RECEIVE],
  ])('with %s characters waiting raises the interrupt for that', (_, input, expected) => {
    const {state, read, write} = uart(input);
    write('IMSC', RECEIVE | TIMEOUT);
    expect([read('RIS'), state.line]).toEqual([expected, true]);
    expect([...input].map(() => String.fromCharCode(read('DR'))).join('')).toBe(input);
    expect([read('RIS'), state.line, read('FR')]).toEqual([0, false, EMPTY]);
  });

  test.each([
    [0x02 | (0 << 3), 2],
    [0x02 | (4 << 3), 14],
  ])('with UARTIFLS %i has its trigger level at %i', (level, characters) => {
    for (const [count, expected] of [
      [characters - 1, TIMEOUT],
      [characters, RECEIVE],
    ] as const) {
      const {read, write} = uart('x'.repeat(count));
      write('IFLS', level);
      expect(read('RIS')).toBe(expected);
    }
  });

  test('takes sixteen characters, and the next when there is room', () => {
    const {state, read} = uart('0123456789abcdefgh');
    expect([state.input.length, read('FR')]).toEqual([2, FULL]);
    expect([read('DR'), state.input.length, read('FR')]).toEqual([0x30, 1, FULL]);
  });

  test('without its FIFO takes one', () => {
    const {state, read, write} = uart();
    state.input.push(1, 2);
    write('LCR_H', 0x60);
    expect([state.input.length, read('FR'), read('RIS')]).toEqual([1, FULL, RECEIVE]);
  });

  test('leaves characters outside until it may receive', () => {
    const {state, device, read, write} = uart();
    write('CR', 0x101);
    state.input.push(1);
    device.advance(0);
    expect([state.input.length, read('FR'), device.due]).toEqual([1, EMPTY, Number.POSITIVE_INFINITY]);
  });

  test('takes characters at the pace of the line, the first when a driver has settled', () => {
    const {state, device, read, write} = uart();
    const enabled = state.time;
    write('CR', 0);
    state.input.push(1, 2);
    write('CR', 0x301);
    expect(device.due).toBe(enabled + SETTLED);
    state.time = enabled + SETTLED - 1;
    device.advance(0);
    expect(read('FR')).toBe(EMPTY);
    state.time++;
    device.advance(0);
    expect([state.input, device.due]).toEqual([[2], enabled + SETTLED + CHARACTER]);
  });

  test('refuses what is not modelled', () => {
    const {write} = uart();
    expect(() => write('CR', 0x381)).toThrow('loop back is not modelled');
    expect(() => write('DMACR', 1)).toThrow('DMA is not modelled');
    write('DMACR', 0);
  });
});

describe('the real-time clock', () => {
  const RTC = {DR: 0, MR: 4, LR: 8, CR: 0xc, IMSC: 0x10, RIS: 0x14, MIS: 0x18, ICR: 0x1c} as const;
  const clock = (epoch: number) => {
    const state = {time: 0, line: false};
    const device = new Pl031({
      epoch,
      unitsPerSecond: 1000,
      now: () => state.time,
      setLevel: (isHigh) => {
        state.line = isHigh;
      },
    });
    const registers = pl031Registers('pl031', device);
    return {
      state,
      device,
      read: (name: keyof typeof RTC) => registers.read(RTC[name], 4, 0),
      write: (name: keyof typeof RTC, value: number) => registers.write(RTC[name], 4, value, 0),
    };
  };

  test('counts the seconds of guest time from the date given, modulo 2³²', () => {
    const {state, read} = clock(0xffff_fffe);
    expect(read('DR')).toBe(0xffff_fffe);
    state.time = 1999;
    expect(read('DR')).toBe(0xffff_ffff);
    state.time = 3000;
    expect(read('DR')).toBe(1);
  });

  test('can be set', () => {
    const {state, read, write} = clock(0);
    state.time = 5000;
    write('LR', 100);
    state.time = 7000;
    expect([read('DR'), read('LR'), read('CR')]).toEqual([102, 100, 1]);
  });

  test('raises its line when the match comes, and not before', () => {
    const {state, device, read, write} = clock(10);
    write('MR', 12);
    write('IMSC', 1);
    expect(device.due).toBe(2000);
    state.time = 1999;
    device.advance(0);
    expect([state.line, read('RIS')]).toEqual([false, 0]);
    state.time = 2000;
    device.advance(0);
    expect([state.line, read('MIS'), device.due]).toEqual([true, 1, Number.POSITIVE_INFINITY]);
    write('ICR', 1);
    expect([state.line, read('RIS')]).toEqual([false, 0]);
  });
});

test('every virtio transport is there and has no device: its doorbell is taken, and nothing follows', () => {
  const slots = virtioSlots('virtio-mmio', 3, 0x1000);
  for (const slot of [0, 0x1000, 0x2000])
    expect([0, 4, 8, 12].map((offset) => slots.read(slot + offset, 4, 0))).toEqual([0x7472_6976, 1, 0, 0x554d_4551]);
  for (const slot of [0, 0x1000, 0x2000]) {
    slots.write(slot + 0x50, 4, 0, 0);
    expect(slots.read(slot + 0x60, 4, 0)).toBe(0);
    slots.write(slot + 0x64, 4, 1, 0);
  }
  expect(() => slots.read(0x50, 4, 0)).toThrow('QueueNotify is only written');
  expect(() => slots.read(0x10, 4, 0)).toThrow('virtio-mmio: read, 4 bytes at offset 0x10');
  expect(() => slots.write(8, 4, 1, 0)).toThrow('DeviceID is only read');
});
