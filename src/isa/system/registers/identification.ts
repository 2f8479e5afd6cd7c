/**
 * Identification registers of a Cortex-A7 r0p5 with NEON (DDI 0464F 4.2), without EL2 and EL3 as QEMU's `-M virt` has it:
 * ID_PFR1 has neither Security nor Virtualization Extensions.
 */
import {CONTROL} from '../control.ts';
import {constant, type RegisterRow, type SystemRegister} from './register.ts';

const MAIN = 0x410f_c075;
/** Multiprocessing Extensions; the core's number below. */
const MULTIPROCESSOR = 0x8000_0000 | 0;

/** c1 and c2, opc2 from 0; what is missing up to c7 reads as 0. */
const FEATURES: Readonly<Record<number, readonly (readonly [string, number])[]>> = {
  1: [
    ['ID_PFR0', 0x0000_1131],
    ['ID_PFR1', 0x0001_0001],
    ['ID_DFR0', 0x0201_0505],
    ['ID_AFR0', 0],
    ['ID_MMFR0', 0x1010_1105],
    ['ID_MMFR1', 0x4000_0000],
    ['ID_MMFR2', 0x0124_0000],
    ['ID_MMFR3', 0x0210_2211],
  ],
  2: [
    ['ID_ISAR0', 0x0210_1110],
    ['ID_ISAR1', 0x1311_2111],
    ['ID_ISAR2', 0x2123_2041],
    ['ID_ISAR3', 0x1111_2131],
    ['ID_ISAR4', 0x1001_1142],
  ],
};

const OPC2 = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const featureRows = [1, 2, 3, 4, 5, 6, 7].flatMap((crm) =>
  OPC2.map((opc2): RegisterRow => {
    const [name, value] = FEATURES[crm]?.[opc2] ?? [`reserved ID (c${crm}, ${opc2})`, 0];
    return [0, 0, crm, opc2, constant(name, value)];
  }),
);

/** CCSIDR by CSSELR: 32 KiB L1 data and instruction caches, 1 MiB L2 cache. */
const CACHE_SIZES: Readonly<Record<number, number>> = {0: 0x701f_e00a, 1: 0x201f_e00a, 2: 0x711f_e07a};

const multiprocessor: SystemRegister = {name: 'MPIDR', read: (cpu) => MULTIPROCESSOR | cpu.index};
const cacheSize: SystemRegister = {
  name: 'CCSIDR',
  read: (cpu) => CACHE_SIZES[cpu.control[CONTROL.cacheSelect]!] ?? 0,
};
const cacheSelect: SystemRegister = {
  name: 'CSSELR',
  read: (cpu) => cpu.control[CONTROL.cacheSelect]!,
  write: (cpu, value) => {
    cpu.control[CONTROL.cacheSelect] = value & 15;
  },
};

export const IDENTIFICATION: readonly RegisterRow[] = [
  [0, 0, 0, 0, constant('MIDR', MAIN)],
  [0, 0, 0, 1, constant('CTR', 0x8444_8003)],
  [0, 0, 0, 2, constant('TCMTR', 0)],
  [0, 0, 0, 3, constant('TLBTR', 0)],
  [0, 0, 0, 4, constant('MIDR (alias 4)', MAIN)],
  [0, 0, 0, 5, multiprocessor],
  // REVIDR reads as MIDR here because QEMU's Cortex-A7 shows it so.
  [0, 0, 0, 6, constant('REVIDR', MAIN)],
  [0, 0, 0, 7, constant('MIDR (alias 7)', MAIN)],
  ...featureRows,
  [1, 0, 0, 0, cacheSize],
  [1, 0, 0, 1, constant('CLIDR', 0x0a20_0023)],
  [1, 0, 0, 7, constant('AIDR', 0)],
  [2, 0, 0, 0, cacheSelect],
];
