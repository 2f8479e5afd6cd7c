/** Tables of what time went to: a column per system, groups of mechanisms with their sums, and the rest. */
import {cyclesAndShare} from './format.ts';
import type {Row} from './text-table.ts';

export interface Attributed {
  readonly cycles: number;
  readonly items: readonly {readonly group: string; readonly mechanism: string; readonly cycles: number}[];
  readonly unattributed: number;
}

/** Mechanisms of all by group, in the order of their first appearance. */
const mechanisms = (columns: readonly Attributed[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, Set<string>>();
  for (const {group, mechanism, cycles} of columns.flatMap(({items}) => items)) {
    if (cycles === 0) continue;
    groups.set(group, (groups.get(group) ?? new Set()).add(mechanism));
  }
  return new Map([...groups].map(([group, names]) => [group, [...names]]));
};

const attribution = (columns: readonly Attributed[]): readonly Row[] => {
  const cell = (column: Attributed, belongs: (group: string, mechanism: string) => boolean): string => {
    const items = column.items.filter(({group, mechanism}) => belongs(group, mechanism));
    const cycles = items.reduce((sum, item) => sum + item.cycles, 0);
    return items.length === 0 ? '–' : cyclesAndShare(cycles, column.cycles);
  };
  return [...mechanisms(columns)].flatMap(([group, names]): Row[] => [
    [group, ...columns.map((column) => cell(column, (own) => own === group))],
    ...names.map((name) => [
      `  ${name}`,
      ...columns.map((column) => cell(column, (own, mechanism) => own === group && mechanism === name)),
    ]),
  ]);
};

/** Sums of floating-point items differ from the total in its last places. */
const ROUNDING = 1e-12;

const unattributedText = ({unattributed, cycles}: Attributed): string =>
  cyclesAndShare(Math.abs(unattributed) <= ROUNDING * cycles ? 0 : unattributed, cycles);

/** Groups and mechanisms with their shares, and what is attributed to none. */
export const attributionRows = (columns: readonly Attributed[]): readonly Row[] => [
  ...attribution(columns),
  ['unattributed', ...columns.map(unattributedText)],
];
