/**
 * Which bytes of one 64-byte line stores have written so far, and whether they came in an order that merges.
 *
 * tinymembench's shuffled fills on three A20 boards say which order does: eight-byte stores may be permuted within 16 bytes at
 * full speed, not within 32; the line's 32-byte halves may be filled downwards. So a line is gathered piece by piece, each filled
 * before the next is begun, and the pieces of a run upwards.
 */
import type {Machine} from './machine.ts';

const LINE_BYTES = 64;

export class LineGather {
  /** The line, or -1 when nothing is gathered. */
  line = -1;
  private readonly written = new Uint8Array(LINE_BYTES);
  private bytes = 0;
  /** The piece that the last store ended in; -1 before the first. */
  private piece = -1;
  private inOrder = true;
  private readonly pieceBytes: number;
  private readonly piecesPerRun: number;

  constructor({mergeBytes, ascendingBytes}: Pick<Machine, 'mergeBytes' | 'ascendingBytes'>) {
    this.pieceBytes = mergeBytes;
    this.piecesPerRun = ascendingBytes / mergeBytes;
  }

  start(line: number): void {
    this.line = line;
    this.written.fill(0);
    this.bytes = 0;
    this.piece = -1;
    this.inOrder = true;
  }

  /** Does a store at byte `offset` of the line go on where the last one ended? */
  continues(offset: number): boolean {
    const {piece, piecesPerRun} = this;
    const next = Math.floor(offset / this.pieceBytes);
    if (next === piece) return true;
    if (piece >= 0 && !this.isWhole(piece)) return false;
    // A run is begun at its first piece, when the run before it is at its last.
    return next % piecesPerRun === 0 ? (piece + 1) % piecesPerRun === 0 : next === piece + 1;
  }

  /** A store of `size` bytes at byte `offset`; they do not leave the line. */
  add(offset: number, size: number): void {
    this.inOrder &&= this.continues(offset);
    for (let byte = offset; byte < offset + size; byte++) {
      this.bytes += 1 - this.written[byte]!;
      this.written[byte] = 1;
    }
    this.piece = Math.floor((offset + size - 1) / this.pieceBytes);
  }

  /** Is every byte written, in order? */
  get isFull(): boolean {
    return this.inOrder && this.bytes === LINE_BYTES;
  }

  private isWhole(piece: number): boolean {
    const from = piece * this.pieceBytes;
    return this.written.subarray(from, from + this.pieceBytes).every((byte) => byte === 1);
  }
}
