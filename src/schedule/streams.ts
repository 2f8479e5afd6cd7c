/** The records of a machine's trace by vCPU, each as far as it has been asked for. */
import type {BlockTable} from '../trace/blocks.ts';
import type {TraceChunk, TraceSource} from '../trace/source.ts';

export interface VcpuStreams {
  readonly blocks: BlockTable;
  readonly vcpus: number;
  /** The next chunk of a vCPU, undefined at the end of its stream. It is good until that vCPU's next. */
  next(vcpu: number): TraceChunk | undefined;
}

/** A source of each vCPU's own. */
export const separateStreams = (sources: readonly TraceSource[]): VcpuStreams => ({
  blocks: sources[0]!.blocks,
  vcpus: sources.length,
  next: (vcpu) => sources[vcpu]!.next(),
});

/** One source of all vCPUs; what is not asked for yet is kept. */
export const parted = (source: TraceSource): VcpuStreams => {
  const kept: TraceChunk[][] = Array.from({length: source.header.vcpus}, () => []);
  const next = (vcpu: number): TraceChunk | undefined => {
    const first = kept[vcpu]!.shift();
    if (first) return first;
    for (let chunk = source.next(); chunk; chunk = source.next()) {
      const whose = chunk.vcpu ?? 0;
      const {words, length} = chunk;
      // The source overwrites its chunk with the next one, whosever that is.
      const own = {vcpu: whose, words: words.slice(0, length), length};
      if (whose === vcpu) return own;
      kept[whose]!.push(own);
    }
    return undefined;
  };
  return {blocks: source.blocks, vcpus: source.header.vcpus, next};
};

/** Where a vCPU is in its stream. */
export class Cursor {
  readonly #streams: VcpuStreams;
  readonly #vcpu: number;
  chunk: TraceChunk | undefined;
  at = 0;

  constructor(streams: VcpuStreams, vcpu: number) {
    this.#streams = streams;
    this.#vcpu = vcpu;
    this.advance();
  }

  /** Is the stream over? Goes to its next chunk behind the last word of one. */
  get isOver(): boolean {
    if (this.chunk && this.at >= this.chunk.length) this.advance();
    return this.chunk === undefined;
  }

  private advance(): void {
    this.at = 0;
    do this.chunk = this.#streams.next(this.#vcpu);
    while (this.chunk?.length === 0);
  }
}
