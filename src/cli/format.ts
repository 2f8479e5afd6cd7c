/** Text for people: the few shapes of numbers that commands print, and lists. */
import {formatNumber, formatShare} from '../report/format.ts';

/** `name  value`, a line each, the values in one column. */
export const fieldList = (fields: readonly (readonly [name: string, value: string])[]): string => {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
};

/** 12345678 → '12,345,678'. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

export const cyclesAndShare = (cycles: number, total: number): string =>
  `${formatNumber(cycles)} (${formatShare(cycles, total)})`;
