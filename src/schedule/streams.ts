/** The records of a machine's trace by vCPU, each as far as it has been asked for. */
import type {BlockTable} from '../trace/blocks.ts';
import {EVENT_ID, WAITS} from '../trace/events.ts';
import {eventKind} from '../trace/records.ts';
import type {TraceChunk, TraceSource} from '../trace/source.ts';
import {isEvent, recordWords} from '../trace/walk.ts';

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

const WFE = WAITS.indexOf('wfe');
/** Blocks from where a lock's ticket is taken to the WFE of who finds the lock taken (Linux's arch_spin_lock has two). */
const BLOCKS_OF_A_TICKET = 4;
/** Events that such code has on the way. */
const PASSED: ReadonlySet<number> = new Set([EVENT_ID.release, EVENT_ID.acquire]);

/** Does who goes on at word `at` come to a WFE at once? */
const comesToWfe = ({words, length}: TraceChunk, at: number): boolean => {
  let blocks = 0;
  for (let next = at; next < length && blocks <= BLOCKS_OF_A_TICKET; next += recordWords(words[next]!)) {
    const head = words[next]!;
    if (!isEvent(head)) blocks++;
    else if (eventKind(head) === EVENT_ID.wait) return words[next + 1] === WFE;
    else if (!PASSED.has(eventKind(head))) return false;
  }
  return false;
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

  /** It is in the code that takes a lock, and finds it taken. */
  get isTakingTicket(): boolean {
    return this.chunk !== undefined && comesToWfe(this.chunk, this.at);
  }

  private advance(): void {
    this.at = 0;
    do this.chunk = this.#streams.next(this.#vcpu);
    while (this.chunk?.length === 0);
  }
}
