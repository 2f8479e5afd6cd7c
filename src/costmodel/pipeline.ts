/**
 * Cycles of a basic block on an in-order dual-issue pipeline with every access a hit: pairing rules, issue occupancy and
 * result latencies by instruction class from the machine file. What a block inherits from its predecessor (results still
 * under way, a half-filled issue slot) is accounted for by scheduling the two in a row.
 */
import {type Block, FLAGS_BIT, type PipelineInstruction} from '../trace/blocks.ts';
import type {InstructionClass} from '../trace/instruction-class.ts';
import type {IssueClass, Machine} from './machine.ts';

const CORE_REGISTERS = 18;
const VFP_REGISTERS = 32;

type Classes = Pick<Machine, 'classes' | 'earlyOperand'>;

/** No two of these issue together. */
const BRANCHES: ReadonlySet<InstructionClass> = new Set(['branch', 'call', 'branch-indirect']);
/** Their flags are ready for the next cycle; those of other classes come with their result. */
const FLAGS_AT_ONCE: ReadonlySet<InstructionClass> = new Set(['alu-immediate', 'alu-register', 'alu-shift', 'shift']);

/** Issue cycle by cycle; `length` is when the next instruction could issue at the earliest. */
class Schedule {
  private readonly core = new Float64Array(CORE_REGISTERS);
  private readonly vfp = new Float64Array(VFP_REGISTERS);
  private readonly unitFree: Record<IssueClass['unit'], number> = {none: 0, multiply: 0, divide: 0};
  private cycle = 0;
  /** The instruction in the first slot of the last cycle, if another may join it. */
  private elder: PipelineInstruction | undefined;
  private readonly machine: Classes;

  constructor(machine: Classes) {
    this.machine = machine;
  }

  get length(): number {
    return this.cycle;
  }

  add(instruction: PipelineInstruction): void {
    const rule = this.machine.classes[instruction.class];
    const issue = Math.max(1, rule.issue + Math.ceil(rule.perTransfer * instruction.transfers));
    const ready = this.operandsReady(instruction, rule);
    const paired = this.joins(instruction, rule) && ready <= this.cycle - 1;
    const at = paired ? this.cycle - 1 : Math.max(this.cycle, ready);
    this.writeResults(instruction, rule, at, issue);
    if (rule.unit !== 'none') this.unitFree[rule.unit] = at + rule.busy;
    if (!paired) this.cycle = at + issue;
    const mayLead = !paired && issue === 1 && (rule.pairing === 'either' || rule.pairing === 'first');
    this.elder = mayLead ? instruction : undefined;
  }

  /** May it issue in the second slot, behind the elder? */
  private joins(instruction: PipelineInstruction, rule: IssueClass): boolean {
    if (!this.elder || (rule.pairing !== 'either' && rule.pairing !== 'younger')) return false;
    return !(BRANCHES.has(this.elder.class) && BRANCHES.has(instruction.class));
  }

  private operandsReady(instruction: PipelineInstruction, rule: IssueClass): number {
    const early = this.machine.earlyOperand;
    let ready = rule.unit === 'none' ? 0 : this.unitFree[rule.unit];
    for (let r = 0; r < CORE_REGISTERS; r++) {
      const bit = 1 << r;
      // A register that nothing recent wrote has time 0 and is never waited for.
      if ((instruction.reads & bit) === 0 || this.core[r] === 0) continue;
      const needed = this.core[r]! + ((instruction.readsEarly & bit) !== 0 ? early : 0);
      if (needed > ready) ready = needed;
    }
    for (let d = 0; d < VFP_REGISTERS; d++) {
      if ((instruction.vfpReads & (1 << d)) !== 0 && this.vfp[d]! > ready) ready = this.vfp[d]!;
    }
    return ready;
  }

  private writeResults(instruction: PipelineInstruction, rule: IssueClass, at: number, issue: number): void {
    const latency = rule.latency + Math.ceil(rule.perTransfer * instruction.transfers);
    const atOnce = instruction.writesBack | (FLAGS_AT_ONCE.has(instruction.class) ? FLAGS_BIT : 0);
    for (let r = 0; r < CORE_REGISTERS; r++) {
      const bit = 1 << r;
      if ((instruction.writes & bit) !== 0) this.core[r] = at + ((atOnce & bit) !== 0 ? issue : latency);
    }
    for (let d = 0; d < VFP_REGISTERS; d++) if ((instruction.vfpWrites & (1 << d)) !== 0) this.vfp[d] = at + latency;
  }
}

const scheduled = (machine: Classes, ...blocks: readonly Block[]): number => {
  const schedule = new Schedule(machine);
  for (const block of blocks) for (const instruction of block.instructions) schedule.add(instruction);
  return schedule.length;
};

/** Cycles of `block` right behind `previous`: what the pair takes beyond `previous` alone; 0 if it issues in its free slot. */
export const blockCycles = (machine: Classes, previous: Block | undefined, block: Block): number =>
  previous ? scheduled(machine, previous, block) - scheduled(machine, previous) : scheduled(machine, block);

/** No block has had a predecessor looked up yet; -1 is a predecessor that does not exist. */
const NEVER = -2;

/** Remembers {@link blockCycles} by pair of blocks; the last predecessor of each block is found without a look-up. */
export class PipelineModel {
  private lastPrevious = new Int32Array(1024).fill(NEVER);
  private lastCycles = new Float64Array(1024);
  private readonly pairs = new Map<number, number>();
  private readonly machine: Classes;
  private readonly blocks: readonly Block[];

  constructor(machine: Classes, blocks: readonly Block[]) {
    this.machine = machine;
    this.blocks = blocks;
  }

  /** `previous` is -1 where nothing came before. */
  cycles(previous: number, block: number): number {
    return block < this.lastPrevious.length && this.lastPrevious[block] === previous
      ? this.lastCycles[block]!
      : this.lookUp(previous, block);
  }

  private lookUp(previous: number, block: number): number {
    const key = (previous + 1) * 2 ** 23 + block;
    let cycles = this.pairs.get(key);
    if (cycles === undefined) {
      cycles = blockCycles(this.machine, this.blocks[previous], this.blocks[block] as Block);
      this.pairs.set(key, cycles);
    }
    if (block >= this.lastPrevious.length) this.grow(block);
    this.lastPrevious[block] = previous;
    this.lastCycles[block] = cycles;
    return cycles;
  }

  private grow(block: number): void {
    const size = 2 ** Math.ceil(Math.log2(block + 1));
    const previous = new Int32Array(size).fill(NEVER);
    previous.set(this.lastPrevious);
    const cycles = new Float64Array(size);
    cycles.set(this.lastCycles);
    this.lastPrevious = previous;
    this.lastCycles = cycles;
  }
}
