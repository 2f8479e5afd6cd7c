/**
 * Finds the block behind which two engines first differ, and says what differs.
 *
 * How far translated code goes depends on the budget: near its end the interpreter takes over. So the least budget with
 * which the engines differ is looked for, and what translated code executed with it, but not with one instruction less,
 * is the suspect: a pass through a region, of one or a few blocks.
 */
import type {Operation} from './core/operation.ts';
import {STATE} from './core/state.ts';
import {fetchOperation} from './engine/fetch.ts';
import {Pair, type PairPlan, Runner} from './lock-step-pair.ts';
import {type Difference, differences, FLAGS, flagsText, hexadecimal, STATE_WORDS, settles} from './lock-step-state.ts';
import {BUDGET_OFFSET} from './memory/layout.ts';

const MOST_BLOCKS = 24;
const MOST_DIFFERENCES = 24;

/** Both behind a budget that starts at the last agreement. */
interface Probe {
  readonly pair: Pair;
  readonly found: readonly Difference[];
  readonly disagrees: boolean;
  /** The count at which translated code was left last, if it was entered. */
  readonly translatedTo: number | undefined;
  /** State of the reference and of the other engine, before flags were waited for. */
  readonly states: readonly [Snapshot, Snapshot];
}

interface Snapshot {
  readonly words: Int32Array;
  readonly apsr: number;
}
const snapshot = ({emulator: {cpu}}: Runner): Snapshot => ({words: cpu.state.slice(), apsr: cpu.apsr});

const probe = (plan: PairPlan, agreed: readonly number[], counts: readonly number[]): Probe => {
  const pair = Pair.at(plan, agreed);
  const start = pair.instructions;
  const advance = (count: number): readonly Difference[] => differences(...pair.runTo(count));
  let found: readonly Difference[] = [];
  for (const count of counts) found = advance(count);
  const left = pair.runners[1].emulator.cpu.memory.words[BUDGET_OFFSET >>> 2]!;
  const end = counts.at(-1)! - left;
  const translatedTo = left >= 0 && end > start ? end : undefined;
  const states = [snapshot(pair.runners[0]), snapshot(pair.runners[1])] as const;
  return {pair, found, translatedTo, states, disagrees: !settles(pair, found, advance)};
};

/** The least count, above `agreement`, to which both can be led from there and then differ; they do at `end`. */
const leastDisagreement = (agreement: number, end: number, disagreesAt: (count: number) => boolean): number => {
  let [low, high] = [agreement, end];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (disagreesAt(middle)) high = middle;
    else low = middle;
  }
  return high;
};

/** A block as the reference executed it. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly operations: readonly Operation[];
  readonly before: Snapshot;
}

/** Instructions of the block at `next`, as many as were executed and the one behind them if that failed. */
const operationsAt = (
  {emulator: {cpu}}: Runner,
  next: number,
  itState: number,
  count: number,
): readonly Operation[] => {
  const operations: Operation[] = [];
  let [at, state] = [next, itState];
  try {
    while (operations.length < count) {
      const operation = fetchOperation(cpu.memory, at, operations.length, state);
      operations.push(operation);
      [at, state] = [operation.link, operation.itStateAfter];
    }
  } catch {
    // What cannot be fetched any more was executed before it was unmapped or written.
  }
  return operations;
};

/** The reference's blocks from a count to another, the last few. */
const stepsBetween = (plan: PairPlan, agreed: readonly number[], from: number, to: number): readonly Step[] => {
  const runner = new Runner(plan, plan.engines[0]);
  for (const count of [...agreed, from]) runner.runTo(count);
  const steps: Step[] = [];
  while (!runner.hasEnded && runner.emulator.instructions < to) {
    const {emulator} = runner;
    const {instructions: start, cpu} = emulator;
    const before = snapshot(runner);
    const [{next}, {itState}] = [cpu, cpu];
    const decoded = operationsAt(runner, next, itState, to - start);
    runner.runTo(start + 1);
    runner.take();
    const executed = emulator.instructions - start;
    steps.push({from: start, to: emulator.instructions, operations: decoded.slice(0, Math.max(1, executed)), before});
  }
  return steps.slice(-MOST_BLOCKS);
};

/**
 * @param agreed counts that lead both engines to their last agreement.
 * @param since counts that led them on to the difference.
 * @returns lines of text.
 */
export const describeDisagreement = (plan: PairPlan, agreed: readonly number[], since: readonly number[]): string => {
  const asFound = probe(plan, agreed, since);
  if (!asFound.disagrees)
    return 'The engines differed once, but not when they were run again: a run is not deterministic.';
  const end = Math.max(since.at(-1)!, asFound.pair.instructions);
  const agreement = Pair.at(plan, agreed).instructions;
  const narrowed = [oneBlockRegions(plan), plan].find((one) => isReproduced(one, agreed, end));
  if (narrowed === undefined) return describe(plan, agreed, {agreement, suspect: [agreement, end], end, last: asFound});
  const least = leastDisagreement(agreement, end, (count) => probe(narrowed, agreed, [count]).disagrees);
  const last = probe(narrowed, agreed, [least]);
  const isByBlock = narrowed !== plan;
  const suspect = suspectOf(
    stepsBetween(plan, agreed, agreement, least),
    isByBlock || least - 1 === agreement ? undefined : probe(narrowed, agreed, [least - 1]).translatedTo,
    last.translatedTo,
  );
  const note = isByBlock ? ' (in regions of one block)' : '';
  return describe(plan, agreed, {agreement, suspect, end: least, last, note});
};

/** The same with every block translated for itself, so that translated code can be left behind each. */
const oneBlockRegions = (plan: PairPlan): PairPlan => ({
  ...plan,
  options: {...plan.options, regions: {...plan.options.regions, mostBlocks: 1}},
});

/** Whether one portion from the last agreement shows the difference. */
const isReproduced = (plan: PairPlan, agreed: readonly number[], end: number): boolean =>
  !isDifferentAt(plan, agreed) && probe(plan, agreed, [end]).disagrees;
const isDifferentAt = (plan: PairPlan, agreed: readonly number[]): boolean =>
  agreed.length > 0 && probe(plan, agreed.slice(0, -1), agreed.slice(-1)).disagrees;

/**
 * @param before the count at which translated code was left with the last budget that does no harm.
 * @param after the same with the least that does.
 * @returns counts at the ends of what translated code executed only then; of the last block when that is none.
 */
const suspectOf = (
  steps: readonly Step[],
  before: number | undefined,
  after: number | undefined,
): readonly [number, number] => {
  const last = steps.findLast(({to}) => to === after) ?? steps.at(-1)!;
  const first = steps.findLast(({from}) => from === before) ?? last;
  return [Math.min(first.from, last.from), last.to];
};

interface Finding {
  readonly agreement: number;
  /** Counts between which the suspect blocks lie. */
  readonly suspect: readonly [number, number];
  readonly end: number;
  readonly last: Probe;
  readonly note?: string;
}

const describe = (
  plan: PairPlan,
  agreed: readonly number[],
  {agreement, suspect: [from, to], end, last, note = ''}: Finding,
): string => {
  const steps = stepsBetween(plan, agreed, from, end);
  const inPass = steps.filter((step) => step.to <= to || step.from < to);
  const before = steps[0]?.before;
  const {found, states} = last;
  return [
    `${plan.engines.join(' and ')} agree up to instruction ${agreement} and differ behind instruction ${end}${note}.`,
    `Suspect: instructions ${from} to ${to}.`,
    '',
    ...differenceLines(found),
    '',
    ...stateLines(plan, before, states),
    '',
    'Executed by the reference (> suspect, * writes a register that differs):',
    ...steps.flatMap((step) => stepLines(step, inPass.includes(step), writersOf(found))),
  ].join('\n');
};

const differenceLines = (found: readonly Difference[]): readonly string[] => [
  ...found.slice(0, MOST_DIFFERENCES).map(({what, values}) => `  ${what}: ${values[0]}, ${values[1]}`),
  ...(found.length > MOST_DIFFERENCES ? [`  and ${found.length - MOST_DIFFERENCES} more`] : []),
];

const COLUMN = 14;
const row = (cells: readonly string[]): string => `  ${cells.map((cell) => cell.padEnd(COLUMN)).join('')}`.trimEnd();

/** Of the state, what changes or differs. */
const stateLines = (plan: PairPlan, before: Snapshot | undefined, after: Probe['states']): readonly string[] => {
  const all = [before ?? after[0], ...after];
  const changed = STATE_WORDS.filter(([, word]) => all.some(({words}) => words[word] !== all[0]!.words[word]));
  const apsr = all.map((one) => one.apsr & FLAGS);
  return [
    row(['', 'before', ...plan.engines]),
    row(['flags', ...apsr.map(flagsText)]),
    ...changed.map(([name, word]) => row([name, ...all.map(({words}) => hexadecimal(words[word]!))])),
  ];
};

const CORE_REGISTERS = 15;
/** Whether an operation writes core or VFP registers that differ. */
const writersOf = (found: readonly Difference[]): ((operation: Operation) => boolean) => {
  const words = found.flatMap(({kind, at}) => (kind === 'state' && at !== undefined ? [at] : []));
  const core = words.filter((word) => word < CORE_REGISTERS).reduce((mask, word) => mask | (1 << word), 0);
  const doubles = words
    .filter((word) => word >= STATE.vfp)
    .reduce((mask, word) => mask | (1 << ((word - STATE.vfp) >> 1)), 0);
  return ({pipeline}) => (pipeline.writes & core) !== 0 || (pipeline.vfpWrites & doubles) !== 0;
};

const stepLines = (
  {from, operations}: Step,
  isSuspect: boolean,
  writes: (operation: Operation) => boolean,
): readonly string[] => {
  const isThumb = operations[0]?.thumb === 1;
  return [
    `${isSuspect ? '>' : ' '} from instruction ${from}, ${isThumb ? 'T32' : 'A32'}:`,
    ...operations.map((operation) => {
      const {address, word, length, name, condition} = operation;
      const digits = word
        .toString(16)
        .padStart(2 * length, '0')
        .padEnd(8);
      const when = condition === 14 ? '' : ` (condition ${condition})`;
      return `  ${writes(operation) ? '*' : ' '} ${hexadecimal(address)}  ${digits}  ${name}${when}`;
    }),
  ];
};
