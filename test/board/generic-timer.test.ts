/** The generic timer: counter, comparators, lines and the event stream, with guest time set by hand. */
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {GenericTimer, SYSTEM_REGISTERS} from '../../src/board/devices/generic-timer.ts';

/** Counter at 1/16 of guest time, as on the board virt. */
const timerAt = ({frequency = 62_500_000} = {}) => {
  const state = {time: 0, lines: new Map<string, boolean>()};
  const timer = new GenericTimer({
    cpus: 2,
    frequency,
    unitsPerSecond: 1e9,
    now: () => state.time,
    setLevel: (name, cpu, isHigh) => state.lines.set(`${name} ${cpu}`, isHigh),
  });
  const register = (name: string) => SYSTEM_REGISTERS.find((one) => one.name === name)!;
  return {
    state,
    timer,
    read: (name: string, cpu = 0) => {
      const {crm, opcode, is64} = register(name);
      return timer.read(cpu, crm, opcode, is64);
    },
    write: (name: string, value: number | bigint, cpu = 0) => {
      const {crm, opcode, is64} = register(name);
      timer.write(cpu, crm, opcode, is64, value);
    },
    line: (name: string) => state.lines.get(name) ?? false,
  };
};

test.each([
  // 160 / 16, and 1000 × 24 / 1000
  [62_500_000, 160, 10n],
  [62_500_000, 175, 10n],
  [24_000_000, 1000, 24n],
])('a counter of %i Hz is %i units of time on %i', (frequency, time, count) => {
  const {state, read} = timerAt({frequency});
  state.time = time;
  expect([read('CNTVCT'), read('CNTPCT'), read('CNTFRQ')]).toEqual([count, count, frequency]);
});

test('the line rises when the counter reaches the comparator, not before', () => {
  const {state, timer, write, read, line} = timerAt();
  write('CNTV_CVAL', 10n);
  write('CNTV_CTL', 1);
  expect([timer.due(0), timer.due(1), line('virtual 0')]).toEqual([160, Number.POSITIVE_INFINITY, false]);
  state.time = 159;
  timer.advance(0);
  expect([line('virtual 0'), read('CNTV_CTL')]).toEqual([false, 1]);
  state.time = 160;
  timer.advance(0);
  expect([line('virtual 0'), line('physical 0'), read('CNTV_CTL')]).toEqual([true, false, 5]);
  expect(timer.due(0)).toBe(Number.POSITIVE_INFINITY);
});

test('the mask holds the line down and not the status; switching off clears both', () => {
  const {state, write, read, line} = timerAt();
  state.time = 1600;
  write('CNTP_CVAL', 10n, 1);
  write('CNTP_CTL', 3, 1);
  expect([line('physical 1'), read('CNTP_CTL', 1)]).toEqual([false, 7]);
  write('CNTP_CTL', 1, 1);
  expect(line('physical 1')).toBe(true);
  write('CNTP_CTL', 0, 1);
  expect([line('physical 1'), read('CNTP_CTL', 1)]).toEqual([false, 0]);
});

test.each([
  [100, 110n],
  [0xffff_ffff, 9n],
  [0x8000_0000, BigInt.asUintN(64, 10n - 2n ** 31n)],
])('a timer value of %i is a signed distance', (value, compare) => {
  const {state, read, write} = timerAt();
  state.time = 160;
  write('CNTV_TVAL', value);
  expect([read('CNTV_CVAL'), read('CNTV_TVAL')]).toEqual([compare, value]);
});

test('a comparator beyond all time is never due', () => {
  const {timer, write} = timerAt();
  write('CNTV_CVAL', 2n ** 64n - 1n);
  write('CNTV_CTL', 1);
  expect(timer.due(0)).toBe(Number.POSITIVE_INFINITY);
});

test('events come at each rise, or fall, of a bit of the counter', () => {
  const {state, timer, write} = timerAt();
  expect(timer.nextEvent(0)).toBe(Number.POSITIVE_INFINITY);
  // Bit 3 of the counter rises at 8, 24, 40 …, falls at 16, 32 …; times 16 for guest time.
  write('CNTKCTL', (3 << 4) | (1 << 2));
  expect([timer.nextEvent(0), timer.takeEvent(0)]).toEqual([128, false]);
  state.time = 128;
  expect([timer.takeEvent(0), timer.takeEvent(0), timer.nextEvent(0)]).toEqual([true, false, 384]);
  write('CNTKCTL', (3 << 4) | (1 << 3) | (1 << 2));
  expect(timer.nextEvent(0)).toBe(256);
});

test('the next event is the first time at which one is seen', () => {
  fc.assert(
    fc.property(fc.nat(15), fc.boolean(), fc.nat(10_000_000), (bit, falls, time) => {
      const {state, timer, write} = timerAt();
      state.time = time;
      write('CNTKCTL', (bit << 4) | (Number(falls) << 3) | (1 << 2));
      const next = timer.nextEvent(0);
      state.time = next - 1;
      expect(timer.takeEvent(0)).toBe(false);
      state.time = next;
      expect(timer.takeEvent(0)).toBe(true);
    }),
    {seed: 1},
  );
});

test('a comparator is met from the first time on at which the counter is there', () => {
  fc.assert(
    fc.property(fc.constantFrom(62_500_000, 24_000_000, 1_000_000), fc.nat(1_000_000), (frequency, compare) => {
      const {state, timer, write, read} = timerAt({frequency});
      write('CNTV_CVAL', BigInt(compare));
      write('CNTV_CTL', 1);
      if (compare === 0) return;
      state.time = timer.due(0) - 1;
      expect(Number(read('CNTVCT'))).toBeLessThan(compare);
      state.time++;
      expect(Number(read('CNTVCT'))).toBeGreaterThanOrEqual(compare);
    }),
    {seed: 1},
  );
});
