/** A path's own time, step by step: what the steps take adds up to what the path takes. */
import type {Context, Path} from '../hypervisors/path-schema.ts';
import {type PathItem, type Prices, pricePath} from './prices.ts';

export interface PricedStep {
  readonly do: string;
  readonly in: Context;
  /** Device accesses of its own, in words. */
  readonly device: string | null;
  readonly cycles: number;
}

type Step = Path['steps'][number];

/** What comes before the first step, or a whole path that has none, is a step by the path's name. */
const covering = (name: string, {steps}: Path): readonly Step[] => {
  const [first] = steps;
  if (first !== undefined && first.at <= 1) return [{...first, at: 0}, ...steps.slice(1)];
  const all = first === undefined ? name : `${name}, up to its first step`;
  return [{at: 0, do: all, accesses: 0, systemRegisters: 0, in: first?.in ?? 'hypervisor'}, ...steps];
};

/** A step within its path. */
interface Place {
  readonly step: Step;
  /** Of the path's instructions. */
  readonly share: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Cycles of an item that are the step's. */
type Split = (item: PathItem, place: Place) => number;

const byInstructions: Split = ({cycles}, {share}) => cycles * share;

/** What the step claims, and its share of what none does. */
const byClaim =
  (claim: (step: Step) => number, claimed: number): Split =>
  ({count, cycles}, {step, share}) =>
    count === 0 ? 0 : (cycles / count) * (claim(step) + (count - claimed) * share);

/**
 * Device accesses and system registers go to the steps that claim them; the rest of them, and barriers, in proportion to
 * instructions; switches of mode half to the first step, half to the last.
 */
export const priceSteps = (
  name: string,
  path: Path,
  cyclesPerInstruction: number,
  prices: Prices,
): readonly PricedStep[] => {
  const steps = covering(name, path);
  const claimedBy = (claim: (step: Step) => number): Split =>
    byClaim(
      claim,
      steps.reduce((sum, step) => sum + claim(step), 0),
    );
  const splits: Readonly<Record<PathItem['primitive'], Split>> = {
    instructions: byInstructions,
    barriers: byInstructions,
    device: claimedBy(({accesses}) => accesses),
    systemRegisters: claimedBy(({systemRegisters}) => systemRegisters),
    modeSwitches: ({cycles}, {isFirst, isLast}) => (cycles / 2) * (Number(isFirst) + Number(isLast)),
  };
  const items = pricePath(path, cyclesPerInstruction, prices);
  return steps.map((step, index) => {
    const length = (steps[index + 1]?.at ?? path.instructions) - step.at;
    const share = path.instructions === 0 ? 1 : length / path.instructions;
    const place = {step, share, isFirst: index === 0, isLast: index === steps.length - 1};
    const cycles = items.reduce((sum, item) => sum + splits[item.primitive](item, place), 0);
    return {do: step.do, in: step.in, device: step.device ?? null, cycles};
  });
};
