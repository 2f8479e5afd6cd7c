/** Cores whose blocks take as long as their numbers say, and that check the order of what they are given. */
import {METRIC} from '../../src/costmodel/metrics.ts';
import type {HostCore} from '../../src/schedule/host-core.ts';
import {STOP_KINDS} from '../../src/schedule/vcpu-runner.ts';
import {EVENT_ID} from '../../src/trace/events.ts';
import {EVENT_FLAG, eventKind, eventPayload, recordBlock} from '../../src/trace/records.ts';
import type {TraceChunk} from '../../src/trace/source.ts';
import {recordWords} from '../../src/trace/walk.ts';

/** Is there a WFE at most four blocks on, and nothing but edges between? */
const isTakingTicket = ({words, length}: TraceChunk, from: number): boolean => {
  const heads: number[] = [];
  for (let at = from; at < length && heads.length < 64; at += recordWords(words[at]!)) {
    heads.push(words[at]! >= EVENT_FLAG ? eventKind(words[at]!) : -1);
    if (heads.at(-1) === EVENT_ID.wait)
      return words[at + 1] === 1 && heads.filter((head) => head === -1).length <= 4 + 1;
    if (heads.at(-1) !== -1 && heads.at(-1) !== EVENT_ID.release && heads.at(-1) !== EVENT_ID.acquire) return false;
  }
  return false;
};

/** What all cores together have been given. */
export class Witness {
  /** By vCPU, words of its stream. */
  readonly consumed: number[];
  readonly #released = new Map<number, number>();
  /** By vCPU, edges that its next block is behind. */
  readonly #acquired: number[][];

  constructor(vcpus: number) {
    this.consumed = new Array<number>(vcpus).fill(0);
    this.#acquired = Array.from({length: vcpus}, () => []);
  }

  record(vcpu: number, length: number): void {
    this.consumed[vcpu]! += length;
  }

  event(vcpu: number, kind: number, edge: number, now: number): void {
    if (kind === EVENT_ID.release) this.#released.set(edge, now);
    if (kind === EVENT_ID.acquire) this.#acquired[vcpu]!.push(edge);
  }

  /** @param isTakingTicket whether a WFE follows that waits for the same: until then the vCPU may be early. */
  block(vcpu: number, now: number, isTakingTicket: boolean): void {
    for (const edge of this.#acquired[vcpu]!.splice(0)) {
      const released = this.#released.get(edge);
      if (released !== undefined && released <= now) continue;
      if (!isTakingTicket)
        throw new Error(`vCPU ${vcpu} is at ${now} behind edge ${edge}, which is of ${released ?? 'never'}`);
      this.#acquired[vcpu]!.push(edge);
    }
  }
}

export class FakeCore implements HostCore {
  readonly #witness: Witness;
  readonly #paths: readonly number[];
  readonly #cycles: (block: number) => number;
  #metric = 0;
  stoppedAt = -1;
  time = 0;
  space = 0;

  /** @param paths cycles of each. */
  constructor(witness: Witness, paths: readonly number[], cycles: (block: number) => number) {
    this.#witness = witness;
    this.#paths = paths;
    this.#cycles = cycles;
  }

  consume(chunk: TraceChunk, from: number, until: number): number {
    const {words, length, vcpu = 0} = chunk;
    this.stoppedAt = -1;
    let at = from;
    while (at < length) {
      const word = words[at]!;
      const isEvent = word >= EVENT_FLAG;
      if (!isEvent && this.time >= until) return at;
      const size = isEvent ? 1 + eventPayload(word) : recordWords(word);
      this.#witness.record(vcpu, size);
      if (isEvent) {
        const kind = eventKind(word);
        this.#witness.event(vcpu, kind, words[at + 1]!, this.time);
        if (((STOP_KINDS >>> kind) & 1) !== 0) {
          this.stoppedAt = at;
          return at + size;
        }
      } else {
        this.#witness.block(vcpu, this.time, isTakingTicket(chunk, at));
        const cycles = this.#cycles(recordBlock(word));
        this.#metric += cycles;
        this.time += cycles;
      }
      at += size;
    }
    return at;
  }

  enter(_spaces: unknown, space: number): void {
    this.space = space;
  }

  execute(path: number): number {
    this.time += this.#paths[path]!;
    return 0;
  }

  forgetLater(): void {}

  read(metrics: readonly number[], into: Float64Array): void {
    for (const [at, metric] of metrics.entries()) into[at] = metric === METRIC.pipelineCycles ? this.#metric : 0;
  }
}
