/** Parts of a machine whose state a snapshot holds, as plain data that JSON can carry. */
export interface Saved<State> {
  save(): State;
  /** Of a part that has done nothing yet. */
  restore(state: State): void;
}

/** Of a part that has nothing to remember. */
export const STATELESS: Saved<Record<string, never>> = {save: () => ({}), restore: () => {}};

export const allOf = <State>(parts: readonly Saved<State>[]): Saved<readonly State[]> => ({
  save: () => parts.map((part) => part.save()),
  restore: (states) => {
    for (const [index, part] of parts.entries()) part.restore(states[index]!);
  },
});

/** @param parts in the order in which they are restored. */
export const byKey = <States extends object>(
  parts: {readonly [Key in keyof States]: Saved<States[Key]>},
): Saved<States> => {
  const keys = Object.keys(parts) as (keyof States)[];
  return {
    save: () => Object.fromEntries(keys.map((key) => [key, parts[key].save()])) as States,
    restore: (states) => {
      for (const key of keys) parts[key].restore(states[key]);
    },
  };
};
