/** Registers of the memory system: control, tables, faults, attributes (DDI 0406C B3.17.1). */
import {CONTROL, type ControlName, SCTLR, SCTLR_ONES, SCTLR_WRITABLE, TTBCR} from '../control.ts';
import type {SystemCpu} from '../system-cpu.ts';
import {
  highWord,
  lowWord,
  nothing,
  type RegisterRow,
  type SystemRegister,
  stored,
  Unmodelled,
  type WideRegister,
  type WideRow,
  words,
} from './register.ts';

/** Those bits of SCTLR that what the TLB holds depends on. */
const SHAPES_TRANSLATION =
  SCTLR.mmu | SCTLR.accessFlag | SCTLR.texRemap | SCTLR.writeNeverExecutes | SCTLR.userWriteNeverExecutes;

const systemControl: SystemRegister = {
  name: 'SCTLR',
  read: (cpu) => cpu.control[CONTROL.sctlr]!,
  write: (cpu, value) => {
    const before = cpu.control[CONTROL.sctlr]!;
    const after = (value & SCTLR_WRITABLE) | SCTLR_ONES;
    if ((after & SCTLR.bigEndianExceptions) !== 0) {
      throw new Unmodelled('SCTLR.EE is set: big-endian data are not modelled');
    }
    cpu.control[CONTROL.sctlr] = after;
    cpu.translationChanged();
    if (((before ^ after) & SHAPES_TRANSLATION) !== 0) cpu.forgetTranslations();
  },
};

/** TTBCR's fields in the two formats. */
const TTBCR_SHORT = 7;
const TTBCR_LONG = 0xffc7_3f87 | 0;
const tableControl: SystemRegister = {
  name: 'TTBCR',
  read: (cpu) => cpu.control[CONTROL.ttbcr]!,
  write: (cpu, value) => {
    cpu.control[CONTROL.ttbcr] = value & ((value & TTBCR.extended) === 0 ? TTBCR_SHORT : TTBCR_LONG);
    cpu.translationChanged();
    cpu.forgetTranslations();
    reportSpace(cpu);
  },
};

const reportSpace = (cpu: SystemCpu): void =>
  cpu.machine.observer.addressSpace?.(cpu.index, cpu.memory.asid, cpu.control[CONTROL.ttbr0]!);

/** A change of table or ASID leaves the TLB as it is. */
const spaceChanged = (cpu: SystemCpu): void => {
  cpu.translationChanged();
  reportSpace(cpu);
};
/** A change that the TLB's entries were made with. */
const attributesChanged = (cpu: SystemCpu): void => {
  cpu.translationChanged();
  cpu.memory.invalidate();
};

const wide = (name: string, low: ControlName, high: ControlName, after: (cpu: SystemCpu) => void): WideRegister => ({
  name,
  read: (cpu) => words(cpu.control[CONTROL[low]]!, cpu.control[CONTROL[high]]!),
  write: (cpu, value) => {
    cpu.control[CONTROL[low]] = lowWord(value);
    cpu.control[CONTROL[high]] = highWord(value);
    after(cpu);
  },
});

const coprocessorAccess: SystemRegister = {
  name: 'CPACR',
  read: (cpu) => cpu.control[CONTROL.cpacr]!,
  write: (cpu, value) => {
    if ((value & CPACR_DISABLES) !== 0) {
      throw new Unmodelled('CPACR.ASEDIS and D32DIS are not modelled');
    }
    cpu.control[CONTROL.cpacr] = value & CPACR_WRITABLE;
    cpu.vfpChanged();
  },
};
/** Coprocessors 10 and 11. */
const CPACR_WRITABLE = 0x00f0_0000;
const CPACR_DISABLES = 0xc000_0000 | 0;

export const MEMORY_SYSTEM: readonly RegisterRow[] = [
  [0, 1, 0, 0, systemControl],
  // Nothing of what ACTLR controls is modelled, and QEMU's does not keep what is written.
  [0, 1, 0, 1, nothing('ACTLR')],
  [0, 1, 0, 2, coprocessorAccess],
  [0, 2, 0, 0, stored('TTBR0', 'ttbr0', -1, spaceChanged)],
  [0, 2, 0, 1, stored('TTBR1', 'ttbr1', -1, spaceChanged)],
  [0, 2, 0, 2, tableControl],
  [0, 3, 0, 0, stored('DACR', 'dacr', -1, attributesChanged)],
  [0, 5, 0, 0, stored('DFSR', 'dfsr')],
  [0, 5, 0, 1, stored('IFSR', 'ifsr')],
  [0, 5, 1, 0, nothing('ADFSR')],
  [0, 5, 1, 1, nothing('AIFSR')],
  [0, 6, 0, 0, stored('DFAR', 'dfar')],
  [0, 6, 0, 2, stored('IFAR', 'ifar')],
  [0, 10, 2, 0, stored('PRRR', 'mair0', -1, attributesChanged)],
  [0, 10, 2, 1, stored('NMRR', 'mair1', -1, attributesChanged)],
  [0, 10, 3, 0, stored('AMAIR0', 'memoryHint0')],
  [0, 10, 3, 1, stored('AMAIR1', 'memoryHint1')],
  [0, 12, 0, 0, stored('VBAR', 'vbar', ~0x1f)],
  [0, 12, 1, 0, {name: 'ISR', read: (cpu) => interruptStatus(cpu)}],
  [0, 13, 0, 0, nothing('FCSEIDR')],
  [0, 13, 0, 1, stored('CONTEXTIDR', 'contextIdentifier', -1, spaceChanged)],
  // L2CTLR: cores less 1, and an integrated interrupt controller.
  [1, 9, 0, 2, {name: 'L2CTLR', read: (cpu) => ((cpu.machine.cores.length - 1) << 24) | 0x80_0000, write: () => {}}],
  [1, 9, 0, 3, nothing('L2ECTLR')],
];

const interruptStatus = ({index, machine}: SystemCpu): number =>
  (machine.surroundings.irq(index) ? 0x80 : 0) | (machine.surroundings.fiq(index) ? 0x40 : 0);

export const MEMORY_SYSTEM_WIDE: readonly WideRow[] = [
  [0, 2, wide('TTBR0 (64-bit)', 'ttbr0', 'ttbr0High', spaceChanged)],
  [1, 2, wide('TTBR1 (64-bit)', 'ttbr1', 'ttbr1High', spaceChanged)],
  [0, 7, wide('PAR (64-bit)', 'par', 'parHigh', () => {})],
];
