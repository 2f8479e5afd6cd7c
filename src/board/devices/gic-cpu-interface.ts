/** Registers of a GIC CPU interface, each CPU's own at the same addresses: ARM IHI 0048B 4.4; in a GIC-400: ARM DDI 0471B 3.4. */
import {ignored, type Register, RegisterFile} from '../registers.ts';
import {CPU_CONTROL, CPU_CONTROL_MASK, type Gic, INTERRUPT, LEAST_BINARY_POINT, PRIORITY_MASK} from './gic.ts';

/** With AckCtl, GICC_IAR and GICC_HPPIR answer for both groups. */
const plainGroup = (gic: Gic, cpu: number): 0 | 'any' =>
  (gic.control[cpu]! & CPU_CONTROL.acknowledgeControl) === 0 ? 0 : 'any';

const end = (gic: Gic, value: number, cpu: number): void => gic.end(cpu, value & INTERRUPT);

const registers: readonly Register<Gic>[] = [
  {
    name: 'GICC_CTLR',
    offset: 0x000,
    source: '4.4.1',
    read: (gic, cpu) => gic.control[cpu]!,
    write: (gic, value, cpu) => {
      gic.control[cpu] = value & CPU_CONTROL_MASK;
      gic.update();
    },
  },
  {
    name: 'GICC_PMR',
    offset: 0x004,
    source: '4.4.2',
    read: (gic, cpu) => gic.priorityMask[cpu]!,
    write: (gic, value, cpu) => {
      gic.priorityMask[cpu] = value & PRIORITY_MASK;
      gic.update();
    },
  },
  {
    name: 'GICC_BPR',
    offset: 0x008,
    reset: LEAST_BINARY_POINT,
    source: '4.4.3',
    read: (gic, cpu) => gic.binaryPoint[cpu]!,
    write: (gic, value, cpu) => {
      gic.binaryPoint[cpu] = Math.max(value & 7, LEAST_BINARY_POINT);
      gic.update();
    },
  },
  {
    name: 'GICC_IAR',
    offset: 0x00c,
    reset: 0x3ff,
    source: '4.4.4',
    read: (gic, cpu) => gic.acknowledge(cpu, plainGroup(gic, cpu)),
  },
  {name: 'GICC_EOIR', offset: 0x010, source: '4.4.5', write: end},
  {name: 'GICC_RPR', offset: 0x014, reset: 0xff, source: '4.4.6', read: (gic, cpu) => gic.runningPriority(cpu)},
  {
    name: 'GICC_HPPIR',
    offset: 0x018,
    reset: 0x3ff,
    source: '4.4.7',
    read: (gic, cpu) => gic.highestPending(cpu, plainGroup(gic, cpu)),
  },
  {
    name: 'GICC_ABPR',
    offset: 0x01c,
    reset: LEAST_BINARY_POINT + 1,
    source: '4.4.8',
    read: (gic, cpu) => gic.binaryPointGroup1[cpu]!,
    write: (gic, value, cpu) => {
      gic.binaryPointGroup1[cpu] = Math.max(value & 7, LEAST_BINARY_POINT + 1);
      gic.update();
    },
  },
  {name: 'GICC_AIAR', offset: 0x020, reset: 0x3ff, source: '4.4.9', read: (gic, cpu) => gic.acknowledge(cpu, 1)},
  {name: 'GICC_AEOIR', offset: 0x024, source: '4.4.10', write: end},
  {name: 'GICC_AHPPIR', offset: 0x028, reset: 0x3ff, source: '4.4.11', read: (gic, cpu) => gic.highestPending(cpu, 1)},
  {
    name: 'GICC_APR0',
    offset: 0x0d0,
    source: '4.4.12',
    read: (gic, cpu) => gic.activePriorities[cpu]!,
    write: (gic, value, cpu) => {
      gic.activePriorities[cpu] = value;
      gic.update();
    },
  },
  // 32 priorities need one register; Linux clears all four.
  {name: 'GICC_APR beyond the last priority', offset: 0x0d4, count: 3, source: '4.4.12', constant: 0, write: ignored},
  {name: 'GICC_IIDR', offset: 0x0fc, source: '4.4.14; DDI 0471B 3.5.2', constant: 0x0202_143b},
  {
    name: 'GICC_DIR',
    offset: 0x1000,
    source: '4.4.15',
    write: (gic, value, cpu) => {
      // Without the split of EOIR's work a write is UNPREDICTABLE; it is then ignored.
      if ((gic.control[cpu]! & CPU_CONTROL.splitEnd) !== 0) gic.deactivate(cpu, value & INTERRUPT);
    },
  },
];

export const gicCpuInterface = (name: string, gic: Gic): RegisterFile<Gic> => new RegisterFile(name, gic, registers);
