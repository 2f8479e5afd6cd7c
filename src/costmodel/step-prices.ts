/** A path's own time, step by step: what the steps take adds up to what the path takes. */
import type {Context, Path} from '../hypervisors/schema.ts';
import {type PathItem, type Prices, pricePath} from './prices.ts';

export interface PricedStep {
  readonly do: string;
  readonly in: Context;
  /** Device accesses of its own, in words. */
  readonly device: string | null;
  readonly cycles: number;
}

type Step = Path['steps'][number];

/** Instructions by step: up to where the next one starts. */
const lengths = (path: Path, steps: readonly Step[]): readonly number[] =>
  steps.map((step, index) => (steps[index + 1]?.at ?? path.instructions) - step.at);

/** What comes before the first step, or a whole path that has none, is a step by the path's name. */
const covering = (name: string, {steps}: Path): readonly Step[] => {
  const [first] = steps;
  if (first !== undefined && first.at <= 1) return [{...first, at: 0}, ...steps.slice(1)];
  const all = first === undefined ? name : `${name}, up to its first step`;
  return [{at: 0, do: all, accesses: 0, systemRegisters: 0, in: first?.in ?? 'hypervisor'}, ...steps];
};

/** Of a step, in cycles of the item that is split. */
type Split = (item: PathItem, claimed: number, share: number, isFirst: boolean, isLast: boolean) => number;

/** What the step claims, and of the rest as much as of the path's instructions. */
const claimed =
  (total: number): Split =>
  ({count, cycles}, own, share) =>
    count === 0 ? 0 : (cycles / count) * (own + (count - total) * share);

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
  const instructions = lengths(path, steps);
  const sum = (of: (step: Step) => number): number => steps.reduce((all, step) => all + of(step), 0);
  const proportional: Split = ({cycles}, _, share) => cycles * share;
  const splits: Readonly<Record<PathItem['primitive'], Split>> = {
    instructions: proportional,
    barriers: proportional,
    device: claimed(sum(({accesses}) => accesses)),
    systemRegisters: claimed(sum(({systemRegisters}) => systemRegisters)),
    modeSwitches: ({cycles}, _own, _share, isFirst, isLast) => (cycles / 2) * (Number(isFirst) + Number(isLast)),
  };
  const items = pricePath(path, cyclesPerInstruction, prices);
  return steps.map((step, index) => {
    const share = path.instructions === 0 ? 1 : instructions[index]! / path.instructions;
    const own: Partial<Record<PathItem['primitive'], number>> = {
      device: step.accesses,
      systemRegisters: step.systemRegisters,
    };
    const cycles = items.reduce(
      (all, item) =>
        all + splits[item.primitive](item, own[item.primitive] ?? 0, share, index === 0, index === steps.length - 1),
      0,
    );
    return {do: step.do, in: step.in, device: step.device ?? null, cycles};
  });
};
