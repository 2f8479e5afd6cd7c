import {describe, expect, test} from 'vitest';
import {UnmodelledInstruction} from '../../../src/isa/core/errors.ts';
import {CONTROL} from '../../../src/isa/system/control.ts';
import {createCores} from '../../../src/isa/system/create-machine.ts';
import {MODE} from '../../../src/isa/system/modes.ts';
import type {Observer} from '../../../src/isa/system/observer.ts';
import type {VirtualCpu} from '../../../src/isa/system/virtual-cpu.ts';
import {loadConstant} from '../assemble.ts';
import {FOREVER, HVC, readRegister, SCTLR, SEV, VBAR, WFE, WFI, word, writeRegister} from './assemble.ts';
import {Board, type BoardOptions, RAM_BASE} from './board.ts';

const CODE = RAM_BASE + 0x1000;
const VECTORS = RAM_BASE + 0x2000;
const DATA = RAM_BASE + 0x8000;
const NOP = word('NOP');

/** A board whose first core is at these words. */
const start = (words: readonly number[], options: BoardOptions = {}): {board: Board; core: VirtualCpu} => {
  const board = new Board(options);
  board.load(CODE, words);
  const core = board.cores[0]!;
  core.powerOn(CODE);
  return {board, core};
};
const move = (Rd: number, value: number): readonly number[] => loadConstant(Rd, value);
const unmask = word('CPS', {imod: 2, A: 1, I: 1, F: 1});

test.each([
  ['UNDEFINED', 0xe7f0_00f0, 1],
  ['SVC', word('SVC'), 1],
  ['a load that aborts', word('LDR (immediate)', {P: 1, U: 1, Rn: 1, Rt: 0}), 0],
] as const)('%s takes the time that it takes in QEMU', (_, culprit, time) => {
  const counts: number[] = [];
  const {core} = start([...move(1, RAM_BASE - 4), culprit], {
    observer: {exceptionEntry: () => counts.push(core.instructions)},
  });
  core.step(10);
  // r1 takes two instructions.
  expect(counts[0]).toBe(2 + time);
});

describe('interrupts', () => {
  test.each([
    ['irq', MODE.irq, 0x18, 0x1c0 - 0x40],
    ['fiq', MODE.fiq, 0x1c, 0x1c0],
  ] as const)('%s is taken between instructions once it is unmasked, to its vector', (line, mode, vector, masks) => {
    let level = false;
    const {board, core} = start([...writeRegister(VBAR, VECTORS), NOP, unmask, NOP, NOP, FOREVER], {
      [line]: () => level,
    });
    board.load(VECTORS + vector, [FOREVER]);
    level = true;
    // VBAR is three instructions, and NOP one more: still masked.
    core.step(4);
    expect([core.cpu.mode, core.cpu.next]).toEqual([MODE.supervisor, CODE + 16]);
    core.step(1);
    expect([core.cpu.mode, core.cpu.masks, core.cpu.next]).toEqual([mode, masks, VECTORS + vector]);
    expect([core.cpu.r[14], core.cpu.banks.status(mode) & 0xff]).toEqual([CODE + 24, 0x13]);
    expect(core.instructions).toBe(5);
  });

  test('an FIQ goes before an IRQ, and masks it', () => {
    const {board, core} = start([...writeRegister(VBAR, VECTORS), unmask, NOP], {irq: () => true, fiq: () => true});
    board.load(VECTORS + 0x1c, [FOREVER]);
    core.step(20);
    expect([core.cpu.mode, core.cpu.next]).toEqual([MODE.fiq, VECTORS + 0x1c]);
  });

  test('a device can raise one, which is seen behind the block of the access', () => {
    let level = false;
    const device = 0x0a00_0000;
    const devices = {[device]: {write: () => (level = true)}};
    const code = [
      ...writeRegister(VBAR, VECTORS),
      ...move(1, device),
      unmask,
      word('STR (immediate)', {P: 1, U: 1, Rn: 1}),
      FOREVER,
    ];
    const {board, core} = start(code, {devices, irq: () => level});
    board.load(VECTORS + 0x18, [FOREVER]);
    core.step(20);
    expect([core.cpu.mode, core.cpu.r[14]]).toEqual([MODE.irq, CODE + 4 * (code.length - 1) + 4]);
  });

  test('high vectors and T32 handlers are what SCTLR says', () => {
    const control = 0x00c5_0078 | (1 << 30) | (1 << 13);
    const {core} = start([...writeRegister(SCTLR, control), word('SVC')]);
    expect(() => core.step(10)).not.toThrow();
    // 0xffff0008 is no RAM: the first exception leads to a prefetch abort for ever.
    expect(core.cpu.next >>> 0).toBe(0xffff_000d);
    expect(core.cpu.banks.read(core.cpu.mode, MODE.supervisor, 14)).toBe(CODE + 16);
  });
});

describe('waiting', () => {
  test('WFI stops the core until an interrupt is pending, masked or not', () => {
    let level = false;
    const {core} = start([WFI, ...move(0, 7), FOREVER], {irq: () => level});
    expect([core.step(10), core.step(10), core.instructions]).toEqual(['wfi', 'wfi', 1]);
    expect(core.canResume()).toBe(false);
    level = true;
    expect([core.canResume(), core.step(10), core.cpu.r[0]]).toEqual([true, 'budget', 7]);
  });

  test('WFE uses the event register up; SEV sets it', () => {
    const {core} = start([SEV, WFE, NOP, WFE, NOP, FOREVER]);
    expect([core.step(10), core.instructions]).toEqual(['wfe', 4]);
    core.signalEvent();
    expect([core.canResume(), core.step(1), core.cpu.next]).toEqual([true, 'budget', CODE + 20]);
  });

  test('an interrupt wakes from WFE when it is not masked', () => {
    let level = false;
    const {core} = start([WFE, FOREVER], {irq: () => level});
    core.step(2);
    level = true;
    expect(core.canResume()).toBe(false);
    core.cpu.masks = 0;
    expect(core.canResume()).toBe(true);
  });

  test('a core that is turned off in a call stops there', () => {
    const {core} = start([...move(0, 0x8400_0008), HVC, NOP, FOREVER]);
    expect([core.step(100), core.isOn, core.instructions, core.step(5)]).toEqual(['halted', false, 3, 'halted']);
  });
});

describe('code that is written', () => {
  const addOne = word('ADD (immediate)', {Rd: 0, Rn: 0, imm12: 1});
  const addTwo = word('ADD (immediate)', {Rd: 0, Rn: 0, imm12: 2});
  const backTo = (from: number, to: number): number => word('B', {imm24: ((to - from - 8) >> 2) & 0xff_ffff});

  test('is executed as it is from the next block on, compiled or not', () => {
    const {board, core} = start([addOne, FOREVER & 0]);
    board.load(CODE + 4, [backTo(CODE + 4, CODE)]);
    core.step(4000);
    expect(core.cpu.r[0]).toBe(2000);
    // The board writes as a device would: through the core's own memory.
    core.cpu.storeSlow({name: '', address: 0, word: 0, immediate: 0}, CODE, 4, addTwo);
    core.step(4000);
    expect(core.cpu.r[0]).toBe(6000);
  });

  test.each([
    ['ISB', word('ISB', {option: 15})],
    ['its form in CP15', word('MCR CP15ISB', {Rt: 0})],
  ])('behind %s, in its own block', (_, barrier) => {
    const {core} = start([
      ...move(1, addTwo),
      ...move(2, CODE + 24),
      word('STR (immediate)', {P: 1, U: 1, Rt: 1, Rn: 2}),
      barrier,
      addOne,
      FOREVER,
    ]);
    core.step(20);
    expect(core.cpu.r[0]).toBe(2);
  });

  test('by another core, through another mapping', () => {
    const board = new Board({cores: 2});
    board.load(CODE, [addOne, backTo(CODE + 4, CODE)]);
    board.load(CODE + 0x1000, [word('STR (immediate)', {P: 1, U: 1, Rt: 1, Rn: 2}), FOREVER]);
    const [first, second] = board.cores as [VirtualCpu, VirtualCpu];
    first.powerOn(CODE);
    first.step(100);
    second.powerOn(CODE + 0x1000);
    second.registers.set([0, addTwo, CODE]);
    second.step(2);
    first.step(100);
    expect(first.cpu.r[0]).toBe(50 + 2 * 50);
  });
});

describe('an exclusive reservation', () => {
  const ldrex = word('LDREX', {Rn: 1, Rt: 2});
  const strex = word('STREX', {Rn: 1, Rd: 3, Rt: 4});
  const str = word('STR (immediate)', {P: 1, U: 1, Rt: 4, Rn: 1});

  /** r3 behind a STREX before which the other core stored at a distance. */
  const outcome = (distance: number): number => {
    const board = new Board({cores: 2});
    board.load(CODE, [ldrex, strex, FOREVER]);
    board.load(CODE + 0x1000, [str, FOREVER]);
    const [first, second] = board.cores as [VirtualCpu, VirtualCpu];
    for (const core of [first, second]) core.powerOn(core === first ? CODE : CODE + 0x1000);
    first.registers.set([0, DATA, 0, 9, 5]);
    second.registers.set([0, DATA + distance, 0, 0, 6]);
    // The store's page is already one that may be written without a look.
    second.step(2);
    second.cpu.next = CODE + 0x1000;
    first.step(1);
    second.step(1);
    first.step(1);
    return first.registers[3]!;
  };

  test.each([
    [0, 1],
    [60, 1],
    [-4, 0],
    [64, 0],
    [0x1000, 0],
  ])('of 64 bytes, with a store by another core at %i: %i', (distance, failed) => {
    expect(outcome(distance)).toBe(failed);
  });
});

describe('what is seen by an observer', () => {
  test('waits, calls, registers, maintenance, devices and exceptions', () => {
    const seen: string[] = [];
    const observer: Observer = {
      exceptionEntry: (_, kind, address) => seen.push(`${kind} from ${(address - CODE) / 4}`),
      exceptionReturn: (_, target, mode) => seen.push(`return to ${(target - CODE) / 4} in ${mode.toString(16)}`),
      wait: (_, kind) => seen.push(kind),
      call: (_, kind, immediate) => seen.push(`${kind} ${immediate}`),
      registerAccess: (_, {name, isWrite}) => seen.push(`${isWrite ? 'write' : 'read'} ${name}`),
      tlbMaintenance: (_, {name}) => seen.push(name),
      addressSpace: (_, asid) => seen.push(`space ${asid}`),
      deviceAccess: (_, address, size, isWrite, value) => seen.push([address, size, isWrite, value].join()),
    };
    const vector = [word('MOV (register)', {S: 1, Rd: 15, Rm: 14})];
    const code = [
      ...writeRegister(VBAR, VECTORS),
      readRegister(0, [0, 1, 0, 1]),
      ...writeRegister([0, 13, 0, 1], 5),
      ...writeRegister([0, 8, 3, 0], 0),
      word('SVC'),
      WFE,
      ...move(1, 0x0900_0000),
      ...move(2, 0x141),
      word('STRB (immediate)', {P: 1, U: 1, Rn: 1, Rt: 2}),
      ...move(0, 0x8400_0008),
      word('HVC', {imm4: 3}),
    ];
    const {board, core} = start(code, {observer});
    board.load(VECTORS + 8, vector);
    core.cpu.event = true;
    core.step(100);
    expect(seen).toEqual([
      'write VBAR',
      'read ACTLR',
      'write CONTEXTIDR',
      'space 5',
      'write TLBIALLIS',
      'TLBIALLIS',
      'supervisor-call from 10',
      'return to 11 in 13',
      'wfe',
      '150994944,1,true,65',
      'hvc 3',
    ]);
    expect(board.output).toBe('A');
  });
});

describe('what is not modelled ends the run', () => {
  test.each([
    [
      'a register that there is not',
      [word('MCR, MRC CP15', {opc1: 7, L: 1, CRn: 4, CRm: 3, opc2: 1})],
      'p15, 7, c4, c3, 1 is not modelled',
    ],
    ['big-endian exceptions', writeRegister(SCTLR, 1 << 25), 'SCTLR.EE'],
    ['big-endian data', [word('MSR (immediate)', {x: 1, imm12: 0xc02})], 'big-endian'],
    ['Hyp mode', [word('CPS', {M: 1, mode: 0x1a})], 'mode 0x1a'],
    ['SPSR of System mode', [word('CPS', {M: 1, mode: 0x1f}), word('MRS (SPSR)', {Rd: 1})], 'no SPSR'],
  ])('%s', (_, words, message) => {
    const {core} = start([...words, FOREVER]);
    expect(() => core.step(10)).toThrow(UnmodelledInstruction);
    const again = start([...words, FOREVER]).core;
    expect(() => again.step(10)).toThrow(message);
    // The core is at the culprit.
    expect(again.cpu.next).toBe(CODE + 4 * (words.length - 1));
  });

  test('RAM that is not of createRam, and too many cores, are refused', () => {
    const board = new Board();
    const parts = {bus: {ram: board.ram, ramBase: 0, read: () => 0, write: () => {}}, surroundings: {} as never};
    expect(() => createCores({...parts, cores: 9})).toThrow('1 to 8 cores');
    expect(() => createCores({...parts, bus: {...parts.bus, ram: new Uint8Array(4096)}, cores: 1})).toThrow(
      'createRam',
    );
  });
});

/** Mode, and what the handlers would find, behind an instruction that causes an exception. */
const outcomeOf = (words: readonly number[], prepare: (core: VirtualCpu) => void = () => {}) => {
  const {board, core} = start([...writeRegister(VBAR, VECTORS), ...words, FOREVER]);
  board.load(VECTORS, [FOREVER, FOREVER, FOREVER, FOREVER, FOREVER]);
  prepare(core);
  core.step(50);
  const {dfsr, dfar} = CONTROL;
  return {mode: core.cpu.mode, dfsr: core.cpu.control[dfsr]!, dfar: core.cpu.control[dfar]! >>> 0, r: core.registers};
};

describe('memory without the MMU is Strongly-ordered', () => {
  test.each([
    ['LDR (immediate)', 1, 0x001],
    ['LDR (immediate)', 2, 0x001],
    ['STR (immediate)', 3, 0x801],
  ])('%s misaligned by %i is an alignment fault', (name, by, dfsr) => {
    const address = DATA + by;
    const outcome = outcomeOf([...move(1, address), word(name, {P: 1, U: 1, Rn: 1, Rt: 2})]);
    expect(outcome).toMatchObject({mode: MODE.abort, dfsr, dfar: address});
  });

  test('an aligned access is none', () => {
    expect(outcomeOf([...move(1, DATA), word('LDR (immediate)', {P: 1, U: 1, Rn: 1, Rt: 2})]).mode).toBe(
      MODE.supervisor,
    );
  });
});

describe('what registers enable', () => {
  const swap = [...move(1, DATA), ...move(2, 5), word('SWP', {Rn: 1, Rt: 3, Rt2: 2})];
  test('SWP is UNDEFINED without SCTLR.SW', () => {
    expect(outcomeOf(swap).mode).toBe(MODE.undefined);
    expect(outcomeOf([...writeRegister(SCTLR, 1 << 10), ...swap]).mode).toBe(MODE.supervisor);
  });

  const enable = [...writeRegister([0, 1, 0, 2], 1 << 20), ...move(4, 1 << 30), word('VMSR FPEXC', {Rt: 4})];
  const vmov = word('VMOV to single', {Vn: 1, Rt: 4});
  const toUser = word('CPS', {M: 1, mode: 0x10});
  test('VFP is UNDEFINED without FPEXC.EN, and at PL0 where CPACR permits PL1 only', () => {
    expect(outcomeOf([vmov]).mode).toBe(MODE.undefined);
    expect(outcomeOf([...enable, vmov]).mode).toBe(MODE.supervisor);
    expect(outcomeOf([...enable, toUser, vmov]).mode).toBe(MODE.undefined);
  });

  test('a VFP instruction whose condition fails is none', () => {
    const never = word('VMOV to single', {cond: 1, Vn: 1, Rt: 4});
    const compare = word('CMP (register)', {Rn: 4, Rm: 4});
    expect(outcomeOf([compare, never]).mode).toBe(MODE.supervisor);
  });
});

test('a core describes itself', () => {
  const {core} = start([FOREVER]);
  expect(core.describe().split('\n')[0]).toBe('pc=0x40001000 cpsr=0x000001d3 (supervisor mode, A32)');
});
