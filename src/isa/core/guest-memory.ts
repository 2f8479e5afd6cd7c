/** What instructions see of memory, in user mode (memory/memory.ts) and in system mode (system/memory.ts). Little-endian. */
export interface GuestMemory {
  /** For each page of the guest's addresses the offset in `bytes` where it may be read, or written; 0: ask below. */
  readonly readMap: Int32Array;
  readonly writeMap: Int32Array;
  readonly bytes: Uint8Array;
  readonly halfWords: Uint16Array;
  readonly words: Int32Array;
  /** The state of a core (see state.ts), which lies in the same memory. */
  readonly state: Int32Array;
  /** Offset of a byte that may be read, 0 when it may not. */
  readableOffset(address: number): number;
  /** Offset of a byte that may be written, 0 when it may not. */
  writableOffset(address: number): number;
}
