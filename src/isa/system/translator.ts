/**
 * Translated code of a machine: regions for PL1 and regions for PL0, shared by all cores. Whatever an address may mean by
 * then, a block is found by address and frame, and a region looks at the map where it goes to another page; so changes of
 * translation need not be told here. Of code that is written, the cache tells.
 */
import type {Operation} from '../core/operation.ts';
import {BUDGET_OFFSET, EXIT_OFFSET, EXIT_REGION_OFFSET} from '../memory/layout.ts';
import {EXIT_COUNTED, EXIT_SLOW, exitBlock, exitSlot} from '../translate/exits.ts';
import type {RegionLimits} from '../translate/region.ts';
import {type Entry, Regions} from '../translate/regions.ts';
import {type CoreBlock, makerOf, type SystemBlock, type SystemCodeCache} from './code-cache.ts';
import {areaOf, CURRENT_AREA_OFFSET, PRIVILEGED, type PrivilegeOffsets, USER} from './layout.ts';
import type {SystemMemory} from './memory.ts';
import type {PhysicalMemory} from './physical-memory.ts';
import {createSpace, SystemJumpTable} from './space.ts';
import type {SystemCpu} from './system-cpu.ts';

/** Blocks that are compiled together, and how often as hot a block may be executed before it waits no longer. */
const BATCH = 16;
const IMPATIENCE = 8;

/** Steps enter regions again and again, and a kernel's code is wide: of what is warm a little more is worth a translation. */
const MACHINE_LIMITS: RegionLimits = {
  hotAfter: 200,
  extendAfter: 100_000,
  warmAfter: 100,
  mostBlocks: 60,
  mostInstructions: 600,
};

/** The core that executes translated code, and what is left to it. */
interface Executor {
  readonly cpu: SystemCpu;
  /** At the end of a block that asked for attention: whether the next one may follow as if nothing had happened. */
  mayGoOn(): boolean;
  /** Executes a block, which is counted as executed, from an instruction on. */
  finish(block: CoreBlock, slot: number): void;
  /** The block in progress, all of which is counted as executed. */
  resumeIn(block: CoreBlock): void;
}

export class SystemTranslator {
  readonly hotAfter: number;
  readonly #words: Int32Array;
  readonly #cache: SystemCodeCache;
  readonly #privileged: Regions<CoreBlock>;
  readonly #user: Regions<CoreBlock>;
  /** Who executes translated code, and its count of instructions when the budget is used up. */
  #core: Executor | undefined = undefined;
  #end = 0;
  /** The map by which code is found that is to be translated. */
  #fetches: Int32Array = new Int32Array(0);
  /** Hot blocks that are to be compiled together: a module costs as much as the code of several. */
  readonly #waitingPrivileged: CoreBlock[] = [];
  readonly #waitingUser: CoreBlock[] = [];
  /** Instructions that translated code began blocks of. */
  translated = 0;
  /** Times that translated code was entered, called out for an operation, and left in the middle of a block. */
  entries = 0;
  callouts = 0;
  slowExits = 0;

  constructor(physical: PhysicalMemory, cache: SystemCodeCache, cores: number, limits: Partial<RegionLimits> = {}) {
    const all = {...MACHINE_LIMITS, ...limits};
    this.hotAfter = all.hotAfter;
    this.#words = physical.words;
    this.#cache = cache;
    const create = (offsets: PrivilegeOffsets): Regions<CoreBlock> =>
      new Regions<CoreBlock>({
        memory: physical.wasm,
        space: createSpace(offsets, cores),
        jumpTable: new SystemJumpTable(physical.wasm.buffer, offsets),
        limits: all,
        find: (next) => this.#find(next, offsets === PRIVILEGED),
        callout: (operation) => this.#callout(operation),
        ringLimit: 0,
        executed: () => this.translated,
      });
    this.#privileged = create(PRIVILEGED);
    this.#user = create(USER);
  }

  /** Makes a region of a hot block that a core has just executed; its last instruction may have left for another mode. */
  translate(memory: SystemMemory, block: CoreBlock): void {
    // The interpreter executes translated blocks too, at the end of a budget; and a block may just have changed itself.
    if (block.translation !== undefined || block.block.isGone || !block.block.isPlain) return;
    const waiting = block.isPrivileged ? this.#waitingPrivileged : this.#waitingUser;
    if (block.executions <= this.hotAfter + 1) waiting.push(block);
    if (waiting.length < BATCH && block.executions < IMPATIENCE * this.hotAfter) return;
    this.#fetches = memory.fetchesOf(block.isPrivileged);
    this.#regionsOf(block).make(waiting.splice(0).filter(({block: {isGone}}) => !isGone));
  }

  /** Executes blocks from a translated one on, as far as they and the budget go. */
  enter(core: Executor, block: CoreBlock, budget: number): void {
    const {cpu} = core;
    const words = this.#words;
    const regions = this.#regionsOf(block);
    const entry = block.translation as Entry<CoreBlock>;
    regions.announceBlock(block, entry);
    this.#core = core;
    this.#end = cpu.instructions + budget;
    words[CURRENT_AREA_OFFSET >>> 2] = areaOf(cpu.index);
    words[BUDGET_OFFSET >>> 2] = budget;
    this.entries++;
    let reason: number;
    try {
      reason = regions.run(entry);
    } catch (error) {
      this.#count(cpu);
      core.resumeIn(this.#stopped(regions).block);
      throw error;
    }
    this.#count(cpu);
    this.translated += budget - words[BUDGET_OFFSET >>> 2]!;
    if (reason === EXIT_SLOW) {
      this.slowExits++;
      const {block: left, slot} = this.#stopped(regions);
      core.finish(left, slot);
    } else if (reason === EXIT_COUNTED) {
      this.#fetches = cpu.memory.fetchMap;
      regions.extend(regions.at(words[EXIT_REGION_OFFSET >>> 2]!));
    }
  }

  /** A block is no longer what memory holds. */
  invalidate({made}: SystemBlock): void {
    const [user, privileged] = [made[makerOf(0, false)], made[makerOf(0, true)]];
    if (user !== undefined) this.#user.invalidate(user);
    if (privileged !== undefined) this.#privileged.invalidate(privileged);
  }

  #regionsOf({isPrivileged}: CoreBlock): Regions<CoreBlock> {
    return isPrivileged ? this.#privileged : this.#user;
  }

  #count(cpu: SystemCpu): void {
    cpu.instructions = this.#end - this.#words[BUDGET_OFFSET >>> 2]!;
  }

  #stopped(regions: Regions<CoreBlock>): {block: CoreBlock; slot: number} {
    const word = this.#words[EXIT_OFFSET >>> 2]!;
    const {blocks} = regions.at(this.#words[EXIT_REGION_OFFSET >>> 2]!);
    return {block: blocks[exitBlock(word)]!, slot: exitSlot(word)};
  }

  #callout(operation: Operation): number {
    this.callouts++;
    const core = this.#core!;
    const {cpu} = core;
    const isLast = operation.end !== undefined;
    const {mode} = cpu;
    this.#count(cpu);
    if (isLast) cpu.next = operation.link;
    operation.execute(cpu, operation);
    if (cpu.recording) return 1;
    if (!cpu.attention) return 0;
    return isLast && cpu.mode === mode && core.mayGoOn() ? 0 : 1;
  }

  #find(next: number, isPrivileged: boolean): CoreBlock | undefined {
    const frame = this.#fetches[next >>> 12]!;
    if (frame === 0) return undefined;
    return this.#cache.peek(next, frame)?.made[makerOf(0, isPrivileged)];
  }
}
