/** Register tables: their own laws, and what a guest is told when it accesses what is not there. */
import {expect, test} from 'vitest';
import {UnmodelledAccess} from '../../src/board/access.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {GenericTimer} from '../../src/board/devices/generic-timer.ts';
import {Gic} from '../../src/board/devices/gic.ts';
import {gicCpuInterface} from '../../src/board/devices/gic-cpu-interface.ts';
import {gicDistributor} from '../../src/board/devices/gic-distributor.ts';
import {Pl011, pl011Registers} from '../../src/board/devices/pl011.ts';
import {Pl031, pl031Registers} from '../../src/board/devices/pl031.ts';
import {virtioSlots} from '../../src/board/devices/virtio-slots.ts';
import {type Register, RegisterFile} from '../../src/board/registers.ts';

interface Four {
  readonly bytes: number[];
  word: number;
}
const four = (): Four => ({bytes: [1, 2, 3, 4], word: 0x8765_4321});
const ROWS: readonly Register<Four>[] = [
  {
    name: 'BYTE',
    offset: 0,
    count: 4,
    width: 1,
    source: '1',
    read: ({bytes}, _, index) => bytes[index]!,
    write: (state, value, _, index) => {
      state.bytes[index] = value;
    },
  },
  {
    name: 'WORD',
    offset: 4,
    source: '2',
    read: ({word}) => word,
    write: (state, value) => {
      state.word = value;
    },
  },
  {name: 'ONLY_READ', offset: 8, source: '3', constant: 7},
  {name: 'ONLY_WRITTEN', offset: 12, source: '4', write: () => {}},
];

test('bytes are accessed alone or four at a time, words as words', () => {
  const state = four();
  const file = new RegisterFile('device', state, ROWS);
  expect([file.read(2, 1, 0), file.read(0, 4, 0), file.read(4, 4, 0)]).toEqual([3, 0x0403_0201, 0x8765_4321]);
  file.write(0, 4, 0xa1b2_c3d4, 0);
  file.write(3, 1, 0xff, 0);
  file.write(4, 4, 0xffff_ffff, 0);
  expect(state).toEqual({bytes: [0xd4, 0xc3, 0xb2, 0xff], word: 0xffff_ffff});
});

test('the lower bytes of a word may be accessed alone on a narrow bus only', () => {
  expect(new RegisterFile('device', four(), ROWS, {narrow: true}).read(4, 2, 0)).toBe(0x4321);
  expect(() => new RegisterFile('device', four(), ROWS).read(4, 2, 0)).toThrow('WORD is accessed in words');
});

test.each([
  ['read', 16, 4, 'there is no register that trapwalk models'],
  ['read', 5, 4, 'there is no register that trapwalk models'],
  ['read', 0, 2, 'BYTE is accessed in bytes and aligned words'],
  ['read', 1, 4, 'BYTE is accessed in bytes and aligned words'],
  ['write', 8, 4, 'ONLY_READ is only read'],
  ['read', 12, 4, 'ONLY_WRITTEN is only written'],
] as const)('a %s at %i of %i bytes is an error that says where', (kind, offset, size, reason) => {
  const file = new RegisterFile('device', four(), ROWS);
  const access = () => (kind === 'read' ? file.read(offset, size, 1) : file.write(offset, size, 5, 1));
  expect(access).toThrow(UnmodelledAccess);
  const what = kind === 'read' ? 'read' : 'write of 0x5';
  expect(access).toThrow(`device: ${what}, ${size} bytes at offset 0x${offset.toString(16)}, by vCPU 1: ${reason}`);
});

test('a table in which registers overlap is refused', () => {
  const overlapping = [...ROWS, {name: 'OVER', offset: 3, width: 1, source: '5', constant: 0} as const];
  expect(() => new RegisterFile('device', four(), overlapping)).toThrow('OVER lies on another register');
  expect(() => new RegisterFile('device', four(), [{...ROWS[1]!, offset: 2}])).toThrow('WORD is not aligned');
});

const nothing = () => undefined;
const settings = {epoch: 0, unitsPerSecond: 1e9, now: () => 0, send: nothing, setLevel: nothing};
const noInput = {isEmpty: true, take: nothing};
const FILES = [1, 4].flatMap((cpus) => {
  const gic = new Gic(cpus, 288);
  return [gicDistributor(`gicd of ${cpus}`, gic), gicCpuInterface(`gicc of ${cpus}`, gic)];
});
const DEVICES: readonly {name: string; registers: readonly Register<never>[]; read: RegisterFile<never>['read']}[] = [
  ...FILES,
  pl011Registers('pl011', new Pl011({...settings, input: noInput})),
  pl031Registers('pl031', new Pl031(settings)),
  virtioSlots('virtio', 2, 0x200),
].map((file) => ({
  name: file.name,
  registers: file.registers as readonly Register<never>[],
  read: (...args) => file.read(...args),
}));

test.each(DEVICES)(
  'every register of $name reads its reset value, and names its place in the manual',
  ({name, registers, read}) => {
    for (const {name: register, offset, count = 1, width = 4, constant, reset, source, read: reader} of registers) {
      expect(source, register).toMatch(/^(DDI \w+ )?\d/);
      if (constant === undefined && reader === undefined) continue;
      // What depends on the board has a test of its own.
      if (['GICD_ITARGETSR', 'GICD_ISENABLER', 'GICD_ICENABLER', 'GICD_ICFGR'].includes(register)) continue;
      for (let index = 0; index < count; index++)
        expect(read(offset + index * width, width, 0), `${name} ${register} ${index}`).toBe(constant ?? reset ?? 0);
    }
  },
);

test('the identification of PrimeCells is B105F00D, and that of their part', () => {
  const bytes = ({read}: (typeof DEVICES)[number], offset: number) =>
    [3, 2, 1, 0]
      .map((index) =>
        read(offset + 4 * index, 4, 0)
          .toString(16)
          .padStart(2, '0'),
      )
      .join('');
  const named = (name: string) => DEVICES.find((device) => device.name === name)!;
  expect([bytes(named('pl011'), 0xff0), bytes(named('pl011'), 0xfe0)]).toEqual(['b105f00d', '00141011']);
  expect([bytes(named('pl031'), 0xff0), bytes(named('pl031'), 0xfe0)]).toEqual(['b105f00d', '00141031']);
});

test('no two devices of a board share an address', () => {
  for (const {gic, devices, ramBase} of BOARDS) {
    const windows = [
      gic.distributor,
      gic.cpuInterface,
      ...devices.map((device) =>
        device.kind === 'virtio-slots' ? {base: device.base, size: device.stride * device.count} : device.window,
      ),
    ].toSorted((a, b) => a.base - b.base);
    for (const [index, {base, size}] of windows.entries())
      expect(base + size).toBeLessThanOrEqual(windows[index + 1]?.base ?? ramBase);
  }
});

test('a system register of the timer that is not modelled is an error that names it', () => {
  const timer = new GenericTimer({cpus: 1, frequency: 1, unitsPerSecond: 1, now: () => 0, setLevel: nothing});
  expect(() => timer.read(0, 9, 0, false)).toThrow('generic timer: read of c14, c9, 0 by vCPU 0');
  expect(() => timer.write(0, 14, 1, true, 1n)).toThrow('generic timer: write of 1, c14 (64 bits) by vCPU 0');
});
