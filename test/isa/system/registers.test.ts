import {describe, expect, test} from 'vitest';
import {UnmodelledInstruction} from '../../../src/isa/core/errors.ts';
import {MODE} from '../../../src/isa/system/modes.ts';
import {loadConstant} from '../assemble.ts';
import {FOREVER, readRegister, VBAR, word, writeRegister} from './assemble.ts';
import {Board, type BoardOptions, RAM_BASE} from './board.ts';

const CODE = RAM_BASE + 0x1000;
const VECTORS = RAM_BASE + 0x2000;
const NOP = word('NOP');

/** The core behind these words; an exception stays at its vector. */
const run = (words: readonly number[], options: BoardOptions = {}) => {
  const board = new Board(options);
  const code = [...writeRegister(VBAR, VECTORS), ...words];
  board.load(CODE, [...code, FOREVER]);
  board.load(VECTORS, [FOREVER, FOREVER, FOREVER, FOREVER]);
  const core = board.cores[0]!;
  core.powerOn(CODE);
  core.step(code.length);
  return core;
};

describe('the generic timer is the board’s', () => {
  const recorder = (controlled = 0) => {
    const seen: string[] = [];
    const timer = {
      timerRead: (cpu: number, crm: number, opc: number, is64: boolean) => {
        if (crm === 1) return controlled;
        seen.push(`read ${[cpu, crm, opc, is64].join()}`);
        return is64 ? 0x1_2345_6789n : 0x8765_4321;
      },
      timerWrite: (cpu: number, crm: number, opc: number, is64: boolean, value: number | bigint) => {
        seen.push(`write ${[cpu, crm, opc, is64, value].join()}`);
      },
    };
    return {seen, timer};
  };
  const readCounter = word('MCRR, MRRC CP15', {L: 1, Rt2: 3, Rt: 2, opc1: 1, CRm: 14});

  test('registers pass with their numbers', () => {
    const {seen, timer} = recorder();
    const core = run(
      [
        readRegister(1, [0, 14, 0, 0]),
        readCounter,
        word('MCRR, MRRC CP15', {L: 0, Rt2: 3, Rt: 2, opc1: 3, CRm: 14}),
        ...writeRegister([0, 14, 3, 1], 0x8000_0001),
      ],
      {timer},
    );
    expect(seen).toEqual([
      'read 0,0,0,false',
      'read 0,14,1,true',
      `write 0,14,3,true,${0x1_2345_6789}`,
      'write 0,3,1,false,2147483649',
    ]);
    expect([...core.registers.slice(1, 4)]).toEqual([0x8765_4321 | 0, 0x2345_6789, 1]);
  });

  test.each([
    [0, MODE.undefined],
    [1, MODE.undefined],
    [2, MODE.user],
  ])('CNTKCTL %i decides whether PL0 may read the virtual counter', (controlled, mode) => {
    const core = run([word('CPS', {M: 1, mode: MODE.user}), readCounter], recorder(controlled));
    expect(core.cpu.mode).toBe(mode);
  });
});

describe('the performance monitor', () => {
  const control = (value: number): readonly number[] => writeRegister([0, 9, 12, 0], value);
  const enable = writeRegister([0, 9, 12, 1], 0x8000_0000);
  const cycles = (Rt: number): number => readRegister(Rt, [0, 9, 13, 0]);

  test('counts an instruction as a cycle while PMCR.E and the counter’s own bit are set', () => {
    const core = run([...enable, cycles(1), ...control(5), NOP, NOP, cycles(2), ...control(0), NOP, cycles(3)]);
    // Behind its reset: two NOPs and the read. Before PMCR is written again: three more of the write.
    expect([...core.registers.slice(1, 4)]).toEqual([0, 3, 6]);
  });

  test('does not count events', () => {
    const counter = [...writeRegister([0, 9, 12, 1], 1), readRegister(1, [0, 9, 13, 2])];
    expect(() => run(counter)).toThrow(UnmodelledInstruction);
    expect(() => run(writeRegister([0, 9, 14, 1], 1))).toThrow('interrupts of the performance monitor');
  });

  test('is PL0’s when PMUSERENR says so', () => {
    const toUser = word('CPS', {M: 1, mode: MODE.user});
    expect(run([toUser, cycles(1)]).cpu.mode).toBe(MODE.undefined);
    expect(run([...writeRegister([0, 9, 14, 0], 1), toUser, cycles(1)]).cpu.mode).toBe(MODE.user);
  });
});

describe('debug registers', () => {
  const writeDebug = (opc2: number, CRm: number, value: number): readonly number[] => [
    ...loadConstant(12, value),
    word('MCR, MRC CP14', {Rt: 12, opc2, CRm}),
  ];
  test('keep a breakpoint that is set up, but refuse to enable it', () => {
    const core = run([
      ...writeDebug(4, 2, 0x1234),
      word('MCR, MRC CP14', {L: 1, Rt: 1, opc2: 4, CRm: 2}),
      ...writeDebug(5, 2, 1),
    ]);
    expect(core.registers[1]).toBe(0x1234);
    expect(() => run([...writeDebug(5, 2, 1), ...writeDebug(2, 2, 1 << 15)])).toThrow('breakpoints and watchpoints');
    expect(() => run([...writeDebug(2, 2, 1 << 15), ...writeDebug(7, 3, 1)])).toThrow('breakpoints and watchpoints');
  });
});

test('a core knows its number and how many there are', () => {
  const board = new Board({cores: 3});
  board.load(CODE, [readRegister(1, [0, 0, 0, 5]), readRegister(2, [1, 9, 0, 2]), FOREVER]);
  const core = board.cores[2]!;
  core.powerOn(CODE);
  core.step(3);
  expect([...core.registers.slice(1, 3)]).toEqual([0x8000_0002 | 0, 0x0280_0000]);
});
