/** A core's state for people. */
import {hexadecimal} from '../core/errors.ts';
import {CONTROL} from './control.ts';
import {MODE} from './modes.ts';
import type {SystemCpu} from './system-cpu.ts';

const MODE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(MODE).map(([name, mode]) => [mode, name]));
const REGISTERS_A_LINE = 4;

export const describe = (cpu: SystemCpu): string => {
  const registers = Array.from({length: 15}, (_, index) => `r${index}=${hexadecimal(cpu.r[index]!)}`);
  const lines = Array.from({length: Math.ceil(registers.length / REGISTERS_A_LINE)}, (_, line) =>
    registers.slice(line * REGISTERS_A_LINE, (line + 1) * REGISTERS_A_LINE).join(' '),
  );
  const state = (cpu.next & 1) === 0 ? 'A32' : 'T32';
  const faults = (['dfsr', 'dfar', 'ifsr', 'ifar'] as const).map(
    (name) => `${name}=${hexadecimal(cpu.control[CONTROL[name]]!)}`,
  );
  return [
    `pc=${hexadecimal(cpu.next & ~1)} cpsr=${hexadecimal(cpu.cpsr)} (${MODE_NAMES.get(cpu.mode)} mode, ${state})`,
    ...lines,
    `sctlr=${hexadecimal(cpu.control[CONTROL.sctlr]!)} ${faults.join(' ')}`,
  ].join('\n');
};
