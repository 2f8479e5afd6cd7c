/** How the time of one system differs from another's, by mechanism. */

/** A whole and its parts. */
export interface Itemised {
  readonly sut: string;
  readonly cycles: number;
  readonly items: readonly {readonly group: string; readonly mechanism: string; readonly cycles: number}[];
}

export interface DifferenceRow {
  readonly group: string;
  readonly mechanism: string;
  readonly first: number;
  readonly second: number;
  /** Second − first. */
  readonly difference: number;
}

export interface TimeDifference {
  readonly suts: readonly [first: string, second: string];
  readonly first: number;
  readonly second: number;
  readonly difference: number;
  /** Largest first, whatever their sign; what neither took time for is left out. */
  readonly rows: readonly DifferenceRow[];
  /** What the rows leave of the difference: rounding. */
  readonly unattributed: number;
}

const nameOf = ({group, mechanism}: {readonly group: string; readonly mechanism: string}): string =>
  JSON.stringify([group, mechanism]);

const byName = ({items}: Itemised): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(nameOf(item), (sums.get(nameOf(item)) ?? 0) + item.cycles);
  return sums;
};

export const timeDifference = (a: Itemised, b: Itemised): TimeDifference => {
  const [ofA, ofB] = [byName(a), byName(b)];
  const rows = [...new Set([...ofA.keys(), ...ofB.keys()])]
    .map((name) => {
      const [group, mechanism] = JSON.parse(name) as [string, string];
      const [first, second] = [ofA.get(name) ?? 0, ofB.get(name) ?? 0];
      return {group, mechanism, first, second, difference: second - first};
    })
    .filter(({first, second}) => first !== 0 || second !== 0)
    .toSorted((x, y) => Math.abs(y.difference) - Math.abs(x.difference));
  const difference = b.cycles - a.cycles;
  return {
    suts: [a.sut, b.sut],
    first: a.cycles,
    second: b.cycles,
    difference,
    rows,
    unattributed: difference - rows.reduce((sum, row) => sum + row.difference, 0),
  };
};
