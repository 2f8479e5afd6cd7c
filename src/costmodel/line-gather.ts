/** Which bytes of one 64-byte line stores have written so far. */

const HALF = 32;

/** Bits `from` to `to` − 1 of a 32-bit word, as a signed integer. */
const bits = (from: number, to: number): number => {
  if (to <= from) return 0;
  return to - from === HALF ? -1 : ((1 << (to - from)) - 1) << from;
};

export class LineGather {
  /** The line, or -1 when nothing is gathered. */
  line = -1;
  private low = 0;
  private high = 0;

  start(line: number): void {
    this.line = line;
    this.low = 0;
    this.high = 0;
  }

  /** A store of `size` bytes at byte `offset`; they do not leave the line. */
  add(offset: number, size: number): void {
    const end = offset + size;
    this.low |= bits(Math.min(offset, HALF), Math.min(end, HALF));
    this.high |= bits(Math.max(offset, HALF) - HALF, Math.max(end, HALF) - HALF);
  }

  get isFull(): boolean {
    return this.low === -1 && this.high === -1;
  }
}
