/**
 * What the model leaves out of two cores: lines that a vCPU's L1 would have held, had not the other vCPU written them. Counts them in a
 * recording of two vCPUs that ran at once, with an L1 of the Cortex-A7 each, kernel addresses only (they are the same in every space).
 *
 *   node --import tsx bench/coherence.ts [traces/hackbench-2.trace]
 */
import {EVENT_ID} from '../src/trace/events.ts';
import {openTrace} from '../src/trace/read.ts';
import {accessKind, accessSize, eventKind, PREFETCH, recordAccesses, recordBlock, WRITE} from '../src/trace/records.ts';
import {isEvent, recordWords} from '../src/trace/walk.ts';

const LINE = 64;
const SETS = 128;
const WAYS = 4;
const KERNEL = 0xc000_0000;
/** Instructions that a stream goes on before the other has its turn. */
const TURN = 200;

/** Least recently used goes first. */
class L1 {
  readonly #lines = Array.from({length: SETS}, (): number[] => []);

  /** @returns whether it was there. */
  touch(line: number): boolean {
    const set = this.#lines[line % SETS]!;
    const found = set.indexOf(line);
    if (found >= 0) set.splice(found, 1);
    set.push(line);
    if (set.length > WAYS) set.shift();
    return found >= 0;
  }

  invalidate(line: number): void {
    const set = this.#lines[line % SETS]!;
    const found = set.indexOf(line);
    if (found >= 0) set.splice(found, 1);
  }
}

const path = process.argv[2] ?? 'traces/hackbench-2.trace';

const timeIn = (words: Uint32Array, at: number): number => words[at]! + words[at + 1]! * 2 ** 32;

/** Guest time at which the recording begins, by a stream that does not sleep there. */
const startOf = (vcpu: number): number | undefined => {
  const trace = openTrace(path, {vcpu});
  let instructions = 0;
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next())
    for (let at = 0; at < chunk.length; at += recordWords(chunk.words[at]!)) {
      const head = chunk.words[at]!;
      if (!isEvent(head)) instructions += trace.blocks[recordBlock(head)]!.instructions.length;
      else if (eventKind(head) === EVENT_ID.wait) return timeIn(chunk.words, at + 2) - instructions;
      else if (eventKind(head) === EVENT_ID.resume) return undefined;
    }
  return undefined;
};
const start = startOf(0) ?? startOf(1) ?? 0;

const streams = [0, 1].map((vcpu) => ({
  trace: openTrace(path, {vcpu}),
  words: new Uint32Array(),
  at: 0,
  instructions: 0,
  /** Guest time: an instruction takes a nanosecond. */
  time: start,
  isOver: false,
  alone: new L1(),
  shared: new L1(),
}));
type Stream = (typeof streams)[number];
const writers = new Map<number, Stream>();
let accesses = 0;
let missesAlone = 0;
let transfers = 0;

const access = (own: Stream, other: Stream, line: number, isWrite: boolean): void => {
  accesses++;
  const isThere = own.alone.touch(line);
  if (!isThere) missesAlone++;
  if (!own.shared.touch(line) && isThere && writers.get(line) === other) transfers++;
  if (!isWrite) return;
  other.shared.invalidate(line);
  writers.set(line, own);
};

const event = (own: Stream, words: Uint32Array, at: number): void => {
  const kind = eventKind(words[at]!);
  if (kind === EVENT_ID.resume) own.time = Math.max(own.time, timeIn(words, at + 1));
};

const advance = (own: Stream, other: Stream): void => {
  const until = own.time + TURN;
  while (own.time < until) {
    if (own.at >= own.words.length) {
      const chunk = own.trace.next();
      if (chunk === undefined) {
        own.isOver = true;
        return;
      }
      own.words = chunk.words.slice(0, chunk.length);
      own.at = 0;
    }
    const {words, at} = own;
    const head = words[at]!;
    if (isEvent(head)) event(own, words, at);
    else {
      const {length} = own.trace.blocks[recordBlock(head)]!.instructions;
      own.instructions += length;
      own.time += length;
      for (let i = 0; i < recordAccesses(head); i++) {
        const address = words[at + 1 + 2 * i]!;
        const meta = words[at + 2 + 2 * i]!;
        if (address < KERNEL || accessKind(meta) === PREFETCH) continue;
        const last = Math.floor((address + accessSize(meta) - 1) / LINE);
        for (let line = Math.floor(address / LINE); line <= last; line++)
          access(own, other, line, accessKind(meta) === WRITE);
      }
    }
    own.at += recordWords(head);
  }
};

for (;;) {
  const [first, second] = streams as [Stream, Stream];
  if (first.isOver && second.isOver) break;
  if (second.isOver || (!first.isOver && first.time <= second.time)) advance(first, second);
  else advance(second, first);
}
const instructions = streams.reduce((sum, one) => sum + one.instructions, 0);
console.log({
  path,
  instructions,
  accesses,
  missesAlone,
  transfers,
  transfersPerThousandInstructions: (1000 * transfers) / instructions,
});
for (const {trace} of streams) trace.close();
