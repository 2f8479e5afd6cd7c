import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {ACCESS, DEVICE, SystemMemory} from '../../../src/isa/system/memory.ts';
import {createRam, PhysicalMemory} from '../../../src/isa/system/physical-memory.ts';
import type {WalkRegisters} from '../../../src/isa/system/walk/mapping.ts';
import {MEBIBYTE} from '../../../src/units.ts';

const RAM_BASE = 0x4000_0000;
const RAM_SIZE = 32 * MEBIBYTE;
/** First-level table of TTBR0, and a second-level one. */
const FIRST = RAM_BASE + 0x10_0000;
const SECOND = RAM_BASE + 0x10_4000;

const REGISTERS: WalkRegisters = {
  ...{sctlr: 1, ttbcr: 0, ttbr0: FIRST, ttbr0High: 0, ttbr1: 0, ttbr1High: 0, dacr: 0x5555_5555},
  ...{mair0: 0, mair1: 0},
};

const create = () => {
  const ram = createRam(RAM_SIZE);
  const physical = new PhysicalMemory({ram, ramBase: RAM_BASE});
  const memory = new SystemMemory(physical, 0, REGISTERS);
  const words = new Int32Array(ram.buffer, ram.byteOffset, RAM_SIZE / 4);
  return {memory, physical, write: (address: number, word: number) => (words[(address - RAM_BASE) / 4] = word)};
};
type Setup = ReturnType<typeof create>;

/** The place that accesses by way of the maps would reach, as the functions of core/access.ts find it. */
const reach = ({memory, physical}: Setup, address: number, access: 'read' | 'write'): number | undefined => {
  const map = access === 'read' ? memory.readMap : memory.writeMap;
  const frame = map[address >>> 12]!;
  const offset = frame === 0 ? memory.locate(address, ACCESS[access]) : (frame >>> 0) + (address & 0xfff);
  return offset > 0 ? physical.addressOf(offset) : undefined;
};
/** The same by a walk of the tables as they are. */
const direct = ({memory}: Setup, address: number, access: 'read' | 'write', user: boolean): number | undefined => {
  const walk = memory.translate(address);
  if (walk.fault !== undefined) return undefined;
  const need = user ? ACCESS[access] << 3 : ACCESS[access];
  if ((walk.permissions & need) === 0 || walk.page >= RAM_BASE + RAM_SIZE) return undefined;
  return walk.page + (address & 0xfff);
};

// A MiB of pages of several sizes, one of a section, and 16 of a supersection.
const PAGES_AT = 0x1000_0000;
const SECTION_AT = 0x1010_0000;
const SUPER_AT = 0x2000_0000;

interface Change {
  readonly at: number;
  /** Another page of the same mapping. */
  readonly other: number;
  readonly set: (setup: Setup) => void;
  readonly local: boolean;
}

const ACCESS_BITS = fc.constantFrom(1, 2, 3, 5, 7);
/** AP[2:0] in the places of a page, and of a section. */
const pageRights = (ap: number): number => ((ap & 3) << 4) | ((ap >> 2) << 9);
const sectionRights = (ap: number): number => ((ap & 3) << 10) | ((ap >> 2) << 15);

const smallPage: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(7), fc.nat(63), ACCESS_BITS, fc.boolean(), fc.boolean())
  .map(([index, frame, ap, local, valid]) => ({
    at: PAGES_AT + index * 0x1000,
    other: PAGES_AT + index * 0x1000,
    local,
    set: ({write}) => {
      const word = (RAM_BASE + 0x20_0000 + frame * 0x1000) | pageRights(ap) | (local ? 1 << 11 : 0) | 2;
      write(SECOND + 4 * index, valid ? word : 0);
    },
  }));
const largePage: fc.Arbitrary<Change> = fc.tuple(fc.nat(15), fc.nat(7), ACCESS_BITS).map(([part, frame, ap]) => ({
  at: PAGES_AT + 0x1_0000 + part * 0x1000,
  other: PAGES_AT + 0x1_0000 + (part ^ 5) * 0x1000,
  local: false,
  set: ({write}) => {
    const word = (RAM_BASE + 0x30_0000 + frame * 0x1_0000) | pageRights(ap) | 1;
    for (let index = 16; index < 32; index++) write(SECOND + 4 * index, word);
  },
}));
const section: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(255), fc.nat(7), ACCESS_BITS, fc.boolean())
  .map(([page, frame, ap, local]) => ({
    at: SECTION_AT + page * 0x1000,
    other: SECTION_AT + (page ^ 0x91) * 0x1000,
    local,
    set: ({write}) =>
      write(FIRST + 4 * 0x101, (RAM_BASE + (4 + frame) * MEBIBYTE) | sectionRights(ap) | (local ? 1 << 17 : 0) | 2),
  }));
const supersection: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(4095), fc.boolean(), ACCESS_BITS)
  .map(([page, high, ap]) => ({
    at: SUPER_AT + page * 0x1000,
    other: SUPER_AT + (page ^ 0x913) * 0x1000,
    local: false,
    set: ({write}) => {
      for (let index = 0; index < 16; index++)
        write(FIRST + 4 * (0x200 + index), (RAM_BASE + (high ? 16 * MEBIBYTE : 0)) | sectionRights(ap) | (1 << 18) | 2);
    },
  }));

interface State {
  user: boolean;
  asid: number;
  /** Where the tables were changed last. */
  changed: number;
}
type Step = (setup: Setup, state: State) => void;

const ADDRESSES = fc.oneof(
  fc.nat(31).map((page) => PAGES_AT + page * 0x1000 + 0x234),
  fc.nat(255).map((page) => SECTION_AT + page * 0x1000),
  fc.nat(4095).map((page) => SUPER_AT + page * 0x1000 + 0xffc),
);
const accessStep: fc.Arbitrary<Step> = fc
  .tuple(fc.option(ADDRESSES, {freq: 1}), fc.constantFrom<'read' | 'write'>('read', 'write'))
  .map(([place, access]) => (setup, {user, changed}) => {
    const address = place ?? changed;
    expect(reach(setup, address, access)).toBe(direct(setup, address, access, user));
  });
const expectCurrent = (setup: Setup, address: number, {user}: State): void => {
  for (const access of ['read', 'write'] as const)
    expect(reach(setup, address, access)).toBe(direct(setup, address, access, user));
};
/** A change of the tables, and one of the invalidations that it needs. */
const changeStep: fc.Arbitrary<Step> = fc
  .tuple(fc.oneof(smallPage, largePage, section, supersection), fc.nat(3))
  .map(([{at, other, set}, how]) => (setup, state) => {
    const {asid} = state;
    state.changed = at;
    // Before the change, so that there is something to be forgotten.
    for (const access of ['read', 'write'] as const) for (const address of [at, other]) reach(setup, address, access);
    set(setup);
    const {memory} = setup;
    if (how === 0) memory.invalidate();
    else if (how === 1) memory.invalidateAddress(at, undefined);
    else {
      // What another ASID has of the same tables goes as well: they are one here.
      for (const one of [0, 1, 2]) memory.invalidateAddress(at, one);
      if (how === 2) memory.invalidateAsid(asid);
    }
    expectCurrent(setup, other, state);
  });
const contextStep: fc.Arbitrary<Step> = fc.oneof(
  fc.boolean().map(
    (user): Step =>
      ({memory}, state) => {
        state.user = user;
        memory.showTo(user);
      },
  ),
  fc.nat(2).map(
    (asid): Step =>
      ({memory}, state) => {
        state.asid = asid;
        memory.setAsid(asid);
      },
  ),
);

describe('the soft TLB', () => {
  test('never shows what was invalidated, nor rights that there are not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({weight: 5, arbitrary: accessStep}, {weight: 3, arbitrary: changeStep}, contextStep), {
          minLength: 20,
          maxLength: 120,
        }),
        (steps) => {
          const setup = create();
          setup.write(FIRST + 4 * 0x100, SECOND | 1);
          const state = {user: false, asid: 0, changed: PAGES_AT};
          for (const step of steps) step(setup, state);
        },
      ),
      {numRuns: 100},
    );
  });

  test('keeps what is not invalidated: an ASID finds its translations again', () => {
    const setup = create();
    const {memory, write} = setup;
    write(FIRST + 4 * 0x100, SECOND | 1);
    const page = (frame: number): number => (RAM_BASE + frame * 0x1000) | pageRights(3) | (1 << 11) | 2;
    write(SECOND, page(0x300));
    memory.setAsid(1);
    expect(reach(setup, PAGES_AT, 'read')).toBe(RAM_BASE + 0x30_0000);
    write(SECOND, page(0x301));
    memory.setAsid(2);
    expect(reach(setup, PAGES_AT, 'read')).toBe(RAM_BASE + 0x30_1000);
    memory.setAsid(1);
    expect(reach(setup, PAGES_AT, 'read')).toBe(RAM_BASE + 0x30_0000);
    memory.invalidateAsid(2);
    expect(reach(setup, PAGES_AT, 'read')).toBe(RAM_BASE + 0x30_0000);
    memory.invalidateAsid(1);
    expect(reach(setup, PAGES_AT, 'read')).toBe(RAM_BASE + 0x30_1000);
  });

  test('has no map entry for what is no RAM, and names its physical address', () => {
    const {memory, write} = create();
    write(FIRST + 4 * 0x101, 0x0900_0000 | sectionRights(3) | 2);
    expect(memory.locate(SECTION_AT + 0x18, ACCESS.write)).toBe(DEVICE);
    expect([memory.devicePhysical, memory.writeMap[SECTION_AT >>> 12]]).toEqual([0x0900_0018, 0]);
  });

  test('without the MMU maps addresses to themselves', () => {
    const {memory} = create();
    memory.configure({...REGISTERS, sctlr: 0});
    expect(memory.translate(0x4000_1234)).toMatchObject({page: 0x4000_1000, permissions: 63, memoryType: 0});
    expect(memory.translate(-1)).toMatchObject({page: 0xffff_f000});
  });
});
