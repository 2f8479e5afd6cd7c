/** The record of the block in hand (docs/trace-format.md): a header, and two words for each access, in the ring. */
import type {Operation} from '../core/operation.ts';
import {HEADER, RING} from './locals.ts';
import type {Code} from './wasm/code.ts';

const HEADER_BYTES = 4;
const RECORD_BYTES = 8;

export class BlockRecord {
  readonly #code: Code;
  readonly #recording: boolean;
  /** Bytes of the record that RING does not count yet. */
  #pending = 0;
  /** Accesses recorded, undefined when that depends on what is executed. */
  #accesses: number | undefined = 0;

  constructor(code: Code, recording: boolean) {
    this.#code = code;
    this.#recording = recording;
  }

  /** Words that RING does not count yet. */
  get pendingWords(): number {
    return this.#pending / 4;
  }

  begin(): void {
    this.#pending = 0;
    this.#accesses = 0;
    if (!this.#recording) return;
    this.#code.get(RING).set(HEADER);
    this.#pending = HEADER_BYTES;
  }

  /** Writes the header of a block of this id. */
  finish(id: number): void {
    if (!this.#recording) return;
    const code = this.#code;
    const identity = id << 8;
    this.flush();
    code.get(HEADER);
    if (this.#accesses !== undefined) code.constant(identity | this.#accesses);
    else {
      code.get(RING).get(HEADER).op('i32.sub').constant(HEADER_BYTES).op('i32.sub').constant(3).op('i32.shr_u');
      code.constant(identity).op('i32.or');
    }
    code.memory('i32.store', 0);
  }

  /** Appends the operation's access record. @param address a local. */
  append(operation: Operation, address: number): void {
    if (!this.#recording) return;
    const code = this.#code;
    code.get(RING).get(address).memory('i32.store', this.#pending);
    code
      .get(RING)
      .constant(operation.meta)
      .memory('i32.store', this.#pending + 4);
    this.#pending += RECORD_BYTES;
    if (this.#accesses !== undefined) this.#accesses++;
  }

  /** Makes RING count all of the record. */
  flush(): void {
    if (this.#pending === 0) return;
    this.#code.get(RING).constant(this.#pending).op('i32.add').set(RING);
    this.#pending = 0;
  }

  /** Something else has appended to the ring. */
  forgetCount(): void {
    this.#accesses = undefined;
  }

  /** `body` may not be executed, and comes back: only it then knows what it accesses. */
  throughout(body: () => void): void {
    this.flush();
    const before = this.#accesses;
    body();
    if (this.#accesses !== before) this.#accesses = undefined;
  }

  /** `body` may not be executed, and does not come back. */
  aside(body: () => void): void {
    this.flush();
    const before = this.#accesses;
    body();
    this.#accesses = before;
    this.#pending = 0;
  }
}
