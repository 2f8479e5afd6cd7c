/** Every device goes on from what it saved: whatever was written to its registers, another one reads the same then. */
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {BOARDS} from '../../../src/board/boards.ts';
import {buildDevices, type Devices} from '../../../src/board/build.ts';
import {SYSTEM_REGISTERS} from '../../../src/board/devices/generic-timer.ts';
import {gicCpuInterface} from '../../../src/board/devices/gic-cpu-interface.ts';
import {gicDistributor} from '../../../src/board/devices/gic-distributor.ts';
import {type Pl011, pl011Registers} from '../../../src/board/devices/pl011.ts';
import {type Pl031, pl031Registers} from '../../../src/board/devices/pl031.ts';
import {InputQueue} from '../../../src/board/input-queue.ts';
import type {Register, RegisterFile} from '../../../src/board/registers.ts';
import {byKey} from '../../../src/board/saved.ts';
import {createRam} from '../../../src/isa/system/physical-memory.ts';

const CPUS = 2;
const BOARD = BOARDS.find(({id}) => id === 'virt')!;
const RAM = createRam(2 ** 21);

const build = (now: () => number) => {
  const input = new InputQueue();
  input.push(Buffer.from('typed before'));
  const devices = buildDevices({
    ...{board: BOARD, cpus: CPUS, ram: RAM, epoch: 7, unitsPerSecond: 1e9, input},
    now,
    send: () => {},
    onTimerProgram: undefined,
  });
  const files: readonly (Pick<RegisterFile<unknown>, 'read' | 'write'> & {
    readonly registers: readonly Register<never>[];
  })[] = [
    gicDistributor('gicd', devices.gic),
    gicCpuInterface('gicc', devices.gic),
    pl011Registers('pl011', devices.saved.pl011 as Pl011),
    pl031Registers('pl031', devices.saved.pl031 as Pl031),
  ];
  return {devices, files, input};
};

const partsOf = ({gic, timer, saved}: Devices) => byKey({gic, timer, devices: byKey(saved)});

/** Of each register that has no effect when it is read: its value for each CPU. */
const readAll = ({devices, files}: ReturnType<typeof build>): readonly string[] => {
  const values: string[] = [];
  for (let cpu = 0; cpu < CPUS; cpu++) {
    for (const file of files)
      for (const {name, offset, read, count = 1, width = 4} of file.registers)
        if (read !== undefined && !HAS_EFFECT.has(name))
          for (let index = 0; index < count; index++)
            values.push(`${name}${index} ${file.read(offset + index * width, width, cpu)}`);
    for (const {name, read} of SYSTEM_REGISTERS) values.push(`${name} ${read(devices.timer, cpu)}`);
    values.push(
      `${devices.gic.irq[cpu]} ${devices.gic.fiq[cpu]} ${devices.timer.due(cpu)} ${devices.timer.nextEvent(cpu)}`,
    );
  }
  for (const {due} of devices.timed) values.push(`${due()}`);
  return values;
};
const HAS_EFFECT: ReadonlySet<string> = new Set(['GICC_IAR', 'GICC_AIAR', 'UARTDR']);

/** Which register, as a part of all, what is written, by which CPU, and how much time passes. */
const writes = fc.array(
  fc.tuple(
    fc.double({min: 0, max: 1, maxExcluded: true, noNaN: true}),
    fc.nat({max: 0xffff_ffff}),
    fc.nat({max: CPUS - 1}),
    fc.nat({max: 20_000_000}),
  ),
  {maxLength: 60},
);

const write = ({devices, files}: ReturnType<typeof build>, place: number, value: number, cpu: number): void => {
  const registers = files.flatMap((file) =>
    file.registers.flatMap(({write: isWritten, offset, count = 1, width = 4}) =>
      isWritten === undefined
        ? []
        : Array.from({length: count}, (_, index) => ({file, offset: offset + index * width, width})),
    ),
  );
  const timers = SYSTEM_REGISTERS.filter(({write: isWritten}) => isWritten !== undefined);
  const chosen = Math.floor(place * (registers.length + 30 * timers.length));
  const register = registers[chosen];
  try {
    if (register === undefined) timers[chosen % timers.length]!.write!(devices.timer, cpu, value);
    else register.file.write(register.offset, register.width, register.width === 1 ? value & 0xff : value, cpu);
  } catch (error) {
    // Loop back and DMA are refused.
    if ((error as Error).name !== 'UnmodelledAccess') throw error;
  }
};

test('what was written to any register is there again', () => {
  fc.assert(
    fc.property(writes, (steps) => {
      let time = 0;
      const before = build(() => time);
      for (const [place, value, cpu, wait] of steps) {
        write(before, place, value, cpu);
        time += wait;
        for (let each = 0; each < CPUS; each++) before.devices.timer.advance(each);
        for (const {due, advance} of before.devices.timed) if (time >= due()) advance();
      }
      const state = JSON.parse(JSON.stringify(partsOf(before.devices).save()));
      const after = build(() => time);
      after.input.restore(before.input.save());
      partsOf(after.devices).restore(state);
      expect(partsOf(after.devices).save()).toEqual(state);
      expect(readAll(after)).toEqual(readAll(before));
    }),
    {numRuns: 150, seed: 20_261_123},
  );
});

test('every device of every board has a state, be it none', () => {
  for (const board of BOARDS) {
    const {saved} = buildDevices({
      ...{board, cpus: 1, ram: RAM, epoch: 0, unitsPerSecond: 1e9, now: () => 0, send: () => {}},
      ...{input: new InputQueue(), onTimerProgram: undefined},
    });
    expect(Object.keys(saved)).toEqual(board.devices.map(({kind}) => kind));
  }
});
