/** Puts a region's function together: dispatch, blocks in order of address, exits. */
import {accessKind, WRITE} from '../../trace/records.ts';
import {ALWAYS, type Execute, type Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {RING_OFFSET} from '../memory/layout.ts';
import {BIT_FIELDS} from './bit-fields.ts';
import {BRANCHES} from './branches.ts';
import {DATA_PROCESSING} from './data-processing.ts';
import {Emitter} from './emitter.ts';
import {EXCLUSIVE} from './exclusive.ts';
import {EXIT_NEXT} from './exits.ts';
import {ALL_FLAGS, type FlagUse, liveBefore, liveOut, noFlags} from './flags.ts';
import {JUMP_BLOCK_BITS} from './jump-table.ts';
import {CHAIN, INDEX, TARGET} from './locals.ts';
import {MEDIA} from './media.ts';
import {checkTarget, MEMORY} from './memory.ts';
import {MULTIPLY} from './multiply.ts';
import {MULTIPLY_WORDS} from './multiply-words.ts';
import {NEON} from './neon/neon.ts';
import {copiesOf, isOwnSuccessor, type Successors, successorsOf} from './region.ts';
import type {RegionBlock} from './region-block.ts';
import type {Space} from './space.ts';
import {SYSTEM} from './system.ts';
import {defaultFlagUse, type Translation} from './translation.ts';
import {VFP} from './vfp/vfp.ts';
import {Code} from './wasm/code.ts';
import {REGION_TYPE} from './wasm/module.ts';

const TRANSLATIONS: ReadonlyMap<Execute, Translation> = new Map([
  ...DATA_PROCESSING,
  ...BIT_FIELDS,
  ...MULTIPLY_WORDS,
  ...MULTIPLY,
  ...MEDIA,
  ...MEMORY,
  ...EXCLUSIVE,
  ...SYSTEM,
  ...VFP,
  ...NEON,
]);

/** Whether translated code executes it itself. */
export const isTranslated = ({body}: Operation): boolean => TRANSLATIONS.has(body) || BRANCHES.has(body);

type UseOf = (operation: Operation) => FlagUse;
const useOf: UseOf = (operation) =>
  (TRANSLATIONS.get(operation.body)?.flags ?? (BRANCHES.has(operation.body) ? noFlags : defaultFlagUse))(operation);

/** The same where flags must be right behind whatever may fault or be looked at. */
const exactUse: UseOf = (operation) => {
  const use = useOf(operation);
  const mayShow = (operation.meta & 0xff) !== 0 || !isTranslated(operation);
  return mayShow ? {...use, reads: ALL_FLAGS} : use;
};
const useIn = ({isExact}: Space): UseOf => (isExact ? exactUse : useOf);

export const blockSuccessors = (block: RegionBlock): Successors => {
  const {body, condition} = block.operations.at(-1)!;
  const branch = BRANCHES.get(body);
  const isDirect = branch !== undefined && branch.target === undefined;
  return successorsOf(block, isDirect, condition !== ALWAYS || branch?.test !== undefined);
};

/** Instructions that one pass through translations of these blocks may execute. */
export const passLength = (blocks: readonly RegionBlock[]): number =>
  blocks.reduce((sum, block) => sum + copiesOf(block, blockSuccessors(block)) * block.operations.length, 0);

export interface RegionPlan {
  readonly blocks: readonly RegionBlock[];
  /** Index in the table of functions, and upper part of the region's entries in the jump table. */
  readonly index: number;
  readonly recording: boolean;
  /** The ring's length in words beyond which a region is not entered. */
  readonly ringLimit: number;
  /** Instructions that one pass through the region may execute. */
  readonly slack: number;
  readonly calloutOf: (operation: Operation) => number;
  readonly space: Space;
}

/** The code of a region's function. */
export const compileRegion = (plan: RegionPlan): Code => {
  const {blocks, recording, space} = plan;
  const indices = new Map(blocks.map((block, index) => [block.next, index]));
  const live = space.isExact
    ? blocks.map(() => ALL_FLAGS)
    : liveOut(
        blocks,
        blocks.map((block) => insideSuccessors(block, indices)),
        useOf,
      );
  const emitter = new Emitter({
    recording,
    index: plan.index,
    slack: plan.slack,
    ringLimit: RING_OFFSET + 4 * plan.ringLimit,
    writtenRegisters: blocks.reduce((mask, {operations}) => mask | writtenBy(operations), 0) & 0x7fff,
    localRegisters: mostUsedRegisters(blocks),
    calloutOf: plan.calloutOf,
    space,
  });
  emitBody(emitter, plan, indices, live);
  const prologue = new Emitter(emitter.facts);
  prologue.prologue();
  return new Code(space.stateBase).append(prologue.code).append(emitter.code) as Code;
};

/** The host has fewer registers than Arm; what it would spill at every turn of a loop is better off in the state. */
const LOCAL_REGISTERS = 6;

const mostUsedRegisters = (blocks: readonly RegionBlock[]): number => {
  const uses = Array.from({length: 15}, () => 0);
  for (const {operations, executions} of blocks) {
    for (const {pipeline} of operations) {
      for (const number of uses.keys()) {
        const isRead = (pipeline.reads >>> number) & 1;
        const isWritten = (pipeline.writes >>> number) & 1;
        uses[number]! += executions * (isRead + isWritten);
      }
    }
  }
  return [...uses.keys()]
    .filter((number) => uses[number]! > 0)
    .sort((a, b) => uses[b]! - uses[a]! || a - b)
    .slice(0, LOCAL_REGISTERS)
    .reduce((mask, number) => mask | (1 << number), 0);
};

const writtenBy = (operations: readonly Operation[]): number =>
  operations.reduce((mask, {pipeline}) => mask | pipeline.writes, 0);

/** Undefined when control may also leave the region, where all flags count. */
const insideSuccessors = (block: RegionBlock, indices: ReadonlyMap<number, number>): readonly number[] | undefined => {
  const {taken, fallThrough} = blockSuccessors(block);
  const nexts = [taken, fallThrough].filter((next) => next !== undefined);
  const found = nexts.map((next) => indices.get(next));
  const {end, condition} = block.operations.at(-1)!;
  const mayGoElsewhere = end !== undefined && taken === undefined;
  if (mayGoElsewhere || (condition === ALWAYS && nexts.length === 0) || found.includes(undefined)) return undefined;
  return found as readonly number[];
};

const emitBody = (
  emitter: Emitter,
  plan: RegionPlan,
  indices: ReadonlyMap<number, number>,
  live: readonly number[],
): void => {
  const {code} = emitter;
  const {blocks} = plan;
  const loop = code.loop();
  const slow = code.block();
  const dispatch = code.block();
  const stop = code.block();
  if (emitter.looksForShortage) {
    emitter.pushShortage();
    code.constant(0).op('i32.lt_s').branchIf(stop);
  }
  const labels: number[] = new Array(blocks.length);
  for (let index = blocks.length - 1; index >= 0; index--) labels[index] = code.block();
  emitter.labels = {loop, slow, dispatch, stop, blocks: labels};
  code.get(INDEX).branchTable([...labels, labels.at(-1)!]);
  for (const index of blocks.keys()) {
    code.end();
    emitBlock(emitter, plan, indices, index, live[index]!);
  }
  code.end();
  code.constant(-1).set(CHAIN);
  emitLeave(emitter);
  code.end();
  emitDispatch(emitter, plan);
  code.end();
  emitter.slowExit();
  code.end();
  code.op('unreachable');
};

/** Looks TARGET up: a block of this region is entered; otherwise the region is left for the entry found, or for the host. */
const emitDispatch = (emitter: Emitter, {index, space}: RegionPlan): void => {
  const {code, labels} = emitter;
  // The parameter's local is free here: it is set again before it is read.
  const entry = INDEX;
  code.constant(-1).set(CHAIN);
  space.lookUp(code, entry);
  code.if();
  code.get(entry).memory('i32.load', space.codeOffset).tee(CHAIN);
  code.constant(JUMP_BLOCK_BITS).op('i32.shr_u').constant(index).op('i32.eq').if();
  code
    .get(CHAIN)
    .constant((1 << JUMP_BLOCK_BITS) - 1)
    .op('i32.and')
    .set(INDEX)
    .branch(labels.loop);
  code.end();
  code.end();
  emitLeave(emitter);
};

/** Writes the state, and goes on in the region that CHAIN names or returns to the host. */
const emitLeave = (emitter: Emitter): void => {
  const {code} = emitter;
  emitter.spill();
  emitter.storeState(STATE.next, () => code.get(TARGET));
  code.get(CHAIN).constant(0).op('i32.lt_s').if();
  code.constant(EXIT_NEXT).op('return');
  code.end();
  code
    .get(CHAIN)
    .constant((1 << JUMP_BLOCK_BITS) - 1)
    .op('i32.and');
  code.get(CHAIN).constant(JUMP_BLOCK_BITS).op('i32.shr_u').returnCallIndirect(REGION_TYPE);
};

const emitBlock = (
  emitter: Emitter,
  plan: RegionPlan,
  indices: ReadonlyMap<number, number>,
  index: number,
  liveAtEnd: number,
): void => {
  const block = plan.blocks[index]!;
  const {operations} = block;
  const {liveAfter, liveAtStart} = liveInBlock(operations, liveAtEnd, useIn(plan.space));
  const goto: Goto = (next, isMoved) => emitter.goto(next, (target) => indices.get(target), plan.blocks, isMoved);
  const emitOnce = (): void => {
    emitter.beginBlock(index, block, liveAtStart);
    for (const [slot, operation] of operations.entries()) {
      emitter.beginOperation(slot);
      emitter.liveFlags = liveAfter[slot]!;
      if (operation.end === undefined) emitPlain(emitter, operation);
      else emitEnd(emitter, operation, goto, block);
    }
    if (operations.at(-1)!.end === undefined) {
      emitter.finishBlock();
      goto(block.end);
    }
  };
  const successors = blockSuccessors(block);
  if (isOwnSuccessor(block, successors)) emitter.repeatedly(copiesOf(block, successors), emitOnce);
  else emitOnce();
};

/** Flags live behind each operation, and before the first. */
const liveInBlock = (operations: readonly Operation[], atEnd: number, useAt: UseOf) => {
  const liveAfter: number[] = new Array(operations.length);
  let live = atEnd;
  for (let slot = operations.length - 1; slot >= 0; slot--) {
    liveAfter[slot] = live;
    live = liveBefore(operations[slot]!, useAt(operations[slot]!), live);
  }
  return {liveAfter, liveAtStart: live};
};

const emitPlain = (emitter: Emitter, operation: Operation): void => {
  const translation = TRANSLATIONS.get(operation.body);
  emitter.conditionally(operation, () => {
    if (translation) translation.emit(emitter, operation);
    else if (isLeftToInterpreter(emitter, operation)) emitter.slow();
    else emitter.callout(operation);
    if (!translation?.keepsDoubles) emitter.forgetDoubles(operation.pipeline.vfpWrites);
  });
};

/** To a block; its address may mean something else since the last operation, if that `isMoved`. */
type Goto = (next: number, isMoved?: boolean) => void;

/** What writes memory may change this very code. */
const isLeftToInterpreter = ({facts}: Emitter, {meta}: Operation): boolean =>
  facts.space.isExact && accessKind(meta) === WRITE;
/** Registers of the system, waits and masks: what they do, and whether that lets the next block follow, the host decides. */
const isCalloutAtEnd = ({facts}: Emitter, {end, meta}: Operation): boolean =>
  facts.space.isExact && !facts.recording && end === 'fall-through' && (meta & 0xff) === 0;

/** The operation that ends a block. */
const emitEnd = (emitter: Emitter, operation: Operation, goto: Goto, block: RegionBlock): void => {
  const {code} = emitter;
  const branch = BRANCHES.get(operation.body);
  const translation = TRANSLATIONS.get(operation.body);
  if (branch?.target) {
    const {target} = branch;
    emitter.leavingConditionally(operation, () => {
      target(emitter, operation);
      emitter.finishBlock();
      if (branch.links) setLink(emitter, operation);
      code.branch(emitter.labels.dispatch);
    });
  } else if (branch?.test) {
    emitter.finishBlock();
    branch.test(emitter, operation);
    code.if();
    goto(operation.immediate);
    code.end();
    goto(block.end);
  } else if (branch) {
    emitter.finishBlock();
    emitter.leavingConditionally(operation, () => {
      if (branch.links) setLink(emitter, operation);
      goto(operation.immediate);
    });
  } else if (translation && operation.writesPc) {
    emitter.leavingConditionally(operation, () => {
      translation.emit(emitter, operation);
      // A load checks its target itself, before it is recorded.
      if ((operation.meta & 0xff) === 0) checkTarget(emitter);
      emitter.finishBlock();
      code.branch(emitter.labels.dispatch);
    });
  } else if (translation && operation.end === 'fall-through') {
    emitter.conditionally(operation, () => translation.emit(emitter, operation));
    emitter.finishBlock();
    goto(block.end);
    return;
  } else if (isCalloutAtEnd(emitter, operation)) {
    emitter.leavingConditionally(operation, () => {
      emitter.calloutAtEnd(operation);
      goto(block.end, true);
    });
  } else emitter.leavingConditionally(operation, () => emitter.slow());
  if (operation.condition === ALWAYS) return;
  if (branch === undefined || branch.target) emitter.finishBlock();
  goto(block.end);
};

const setLink = (emitter: Emitter, operation: Operation): void => {
  emitter.code.constant(operation.link);
  emitter.setRegister(14);
};
