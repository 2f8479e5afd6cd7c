/** A point at which two machines can be compared: where a guest takes an exception, returns from one, or calls the firmware. */

export interface Boundary {
  /** 'IRQ', 'return to usr' … */
  readonly event: string;
  /** By name, in hexadecimal: of an exception all that its handler finds; of a return its target. */
  readonly state: ReadonlyMap<string, string>;
}

export interface Difference {
  readonly name: string;
  readonly own: string;
  readonly theirs: string;
}

const ABSENT = 'nothing';

/** What two boundaries do not have in common. */
export const differencesOf = (own: Boundary | undefined, theirs: Boundary | undefined): readonly Difference[] => {
  if (own?.event !== theirs?.event) {
    return [{name: 'event', own: own?.event ?? 'the end', theirs: theirs?.event ?? 'the end'}];
  }
  const names = new Set([...(own?.state.keys() ?? []), ...(theirs?.state.keys() ?? [])]);
  return [...names]
    .map((name) => ({name, own: own?.state.get(name) ?? ABSENT, theirs: theirs?.state.get(name) ?? ABSENT}))
    .filter((difference) => difference.own !== difference.theirs);
};
