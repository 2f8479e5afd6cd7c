/** The way to a boundary, instruction by instruction, by a second run: the first one keeps no record. */

import type {VirtualCpu} from '../../src/board/virtual-cpu.ts';
import {hexadecimal} from '../../src/isa/core/errors.ts';
import type {VirtualCpu as Core} from '../../src/isa/system/virtual-cpu.ts';
import {ownBoundaries} from './own-boundaries.ts';
import {loadGuest, type QemuBoot} from './qemu-boot.ts';

/** Instructions that are kept. */
const LENGTH = 32;

/** Where a core is, and the word there if its page is one that it executes. */
const describePlace = ({cpu}: Core): string => {
  const address = cpu.next & ~1;
  const page = cpu.memory.fetchMap[address >>> 12]!;
  const word = page === 0 ? 'not in the map' : hexadecimal(cpu.memory.words[(page + (address & 0xffc)) >>> 2]!);
  return `${hexadecimal(address)}: ${word}${(cpu.next & 1) === 0 ? '' : ' (T32)'}`;
};

/** A core that takes single steps from a count of instructions on, and tells where it is before each. */
const singleStepping = (core: Core, from: number, tell: (place: string) => void): VirtualCpu => ({
  get instructions() {
    return core.instructions;
  },
  get isOn() {
    return core.isOn;
  },
  get registers() {
    return core.registers;
  },
  touched: core.touched,
  save: () => core.save(),
  restore: (state) => core.restore(state),
  powerOn: (entry, r0) => core.powerOn(entry, r0),
  powerOff: () => core.powerOff(),
  standBy: () => core.standBy(),
  signalEvent: () => core.signalEvent(),
  canResume: () => core.canResume(),
  describe: () => core.describe(),
  step: (budget) => {
    const last = core.instructions + budget;
    if (last <= from) return core.step(budget);
    while (core.instructions < last) {
      if (core.instructions >= from) tell(describePlace(core));
      const reason = core.step(Math.max(1, Math.min(last, from) - core.instructions));
      if (reason !== 'budget') return reason;
    }
    return 'budget';
  },
});

/** The last instructions before our machine has executed `to`, or ended, and none before `from`. */
export const trailTo = (boot: QemuBoot, from: number, to = Number.POSITIVE_INFINITY): readonly string[] => {
  const trail: string[] = [];
  const tell = (place: string): void => {
    trail.push(place);
    if (trail.length > LENGTH) trail.shift();
  };
  const run = ownBoundaries({
    loaded: loadGuest(boot),
    send: () => {},
    wrap: (core) => singleStepping(core, Math.max(from, to - LENGTH, 0), tell),
  });
  for (const {instructions} of run) if (instructions >= to) break;
  return trail;
};
