/** The block dictionary as replay reads it: a typed array per property, filled as blocks become known. */
import type {Block, BlockTable} from '../trace/blocks.ts';
import {firstUses} from './first-use.ts';
import {METRIC} from './metrics.ts';

/** Ends of a block that need a prediction. */
export const CONDITIONAL = 1;
export const INDIRECT = 2;

/** Per block, what the loop needs. */
export class BlockColumns {
  instructions = new Int32Array(1024);
  firstLine = new Int32Array(1024);
  lastLine = new Int32Array(1024);
  /** Instruction generation at which all its lines were last seen in L1I, -1 for never. */
  seen = new Float64Array(1024).fill(-1);
  /** {@link CONDITIONAL}, {@link INDIRECT}, or 0 for any other end. */
  end = new Uint8Array(1024);
  fallThrough = new Uint32Array(1024);
  address = new Uint32Array(1024);
  /** By instruction: see {@link firstUses}. */
  readonly firstUses: Uint8Array[] = [];
  /** Since the counts were last cleared. What a block always does is counted through it. */
  executions = new Float64Array(1024);
  known = 0;

  /** Adds what every execution of a block counts: itself, its instructions, its lines. */
  addTo(counts: Float64Array): void {
    for (let id = 0; id < this.known; id++) {
      const executions = this.executions[id]!;
      counts[METRIC.blocks]! += executions;
      counts[METRIC.instructions]! += executions * this.instructions[id]!;
      counts[METRIC.l1iAccesses]! += executions * (this.lastLine[id]! - this.firstLine[id]! + 1);
    }
  }

  learn(blocks: BlockTable, lineBits: number): void {
    if (blocks.length > this.instructions.length) this.grow(blocks.length);
    for (; this.known < blocks.length; this.known++) this.add(blocks[this.known] as Block, lineBits);
  }

  private add(block: Block, lineBits: number): void {
    const {id} = block;
    this.instructions[id] = block.instructions.length;
    this.firstLine[id] = block.address >>> lineBits;
    this.lastLine[id] = (block.address + block.size - 1) >>> lineBits;
    this.address[id] = block.address;
    this.fallThrough[id] = block.address + block.size;
    this.firstUses[id] = firstUses(block);
    this.end[id] = block.end === 'conditional' ? CONDITIONAL : block.end === 'indirect' ? INDIRECT : 0;
  }

  private grow(length: number): void {
    const size = 2 ** Math.ceil(Math.log2(length));
    const copy = <T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.executions = copy(this.executions, new Float64Array(size));
    this.instructions = copy(this.instructions, new Int32Array(size));
    this.firstLine = copy(this.firstLine, new Int32Array(size));
    this.lastLine = copy(this.lastLine, new Int32Array(size));
    this.seen = copy(this.seen, new Float64Array(size).fill(-1));
    this.end = copy(this.end, new Uint8Array(size));
    this.fallThrough = copy(this.fallThrough, new Uint32Array(size));
    this.address = copy(this.address, new Uint32Array(size));
  }
}
