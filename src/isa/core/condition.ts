/** Conditions of instructions. */
import type {Cpu} from './cpu.ts';

/** ConditionPassed() for the 15 conditions, AL included (DDI 0406C A8.3). */
export const conditionPassed = (cpu: Cpu, condition: number): boolean => {
  switch (condition) {
    case 0:
      return cpu.zero === 0;
    case 1:
      return cpu.zero !== 0;
    case 2:
      return cpu.carry !== 0;
    case 3:
      return cpu.carry === 0;
    case 4:
      return cpu.negative < 0;
    case 5:
      return cpu.negative >= 0;
    case 6:
      return cpu.overflow !== 0;
    case 7:
      return cpu.overflow === 0;
    case 8:
      return cpu.carry !== 0 && cpu.zero !== 0;
    case 9:
      return cpu.carry === 0 || cpu.zero === 0;
    case 10:
      return cpu.negative < 0 === (cpu.overflow !== 0);
    case 11:
      return cpu.negative < 0 !== (cpu.overflow !== 0);
    case 12:
      return cpu.zero !== 0 && cpu.negative < 0 === (cpu.overflow !== 0);
    case 13:
      return cpu.zero === 0 || cpu.negative < 0 !== (cpu.overflow !== 0);
    default:
      return true;
  }
};
