/** Records as text, a line each and one per access, for `trace view`. */
import type {BlockTable} from './blocks.ts';
import {
  ACCESS_WORDS,
  accessExclusive,
  accessKind,
  accessSize,
  accessSlot,
  EVENT_KINDS,
  type EventKind,
  eventKind,
  MARKERS,
  recordBlock,
  TLB_OPERATIONS,
} from './records.ts';
import type {TraceSource} from './source.ts';
import {ACCESS_KINDS} from './summary.ts';
import {isEvent, recordWords} from './walk.ts';

export interface ViewOptions {
  /** Records passed over. */
  readonly skip: number;
  /** Records shown, at most. */
  readonly count: number;
}

const hex = (address: number): string => `0x${address.toString(16).padStart(8, '0')}`;

/** What the payload of an event is, where its number alone does not say it. */
const PAYLOAD_TEXT: Partial<Readonly<Record<EventKind, (word: number, index: number) => string | number>>> = {
  marker: (word) => MARKERS[word] ?? word,
  'task-switch': (word, index) => `${['space', 'task'][index]} ${word}`,
  'tlb-maintenance': (word, index) =>
    [TLB_OPERATIONS[word] ?? word, `space ${word}`, hex(word), `${word} pages`][index] ?? word,
  'space-end': (word) => `space ${word}`,
};

const eventText = (words: Uint32Array): string => {
  const kind = EVENT_KINDS[eventKind(words[0]!)];
  const payload = [...words.subarray(1)];
  const text = kind === undefined ? undefined : PAYLOAD_TEXT[kind];
  const values = text === undefined ? payload : payload.map(text);
  return [kind ?? `event-${eventKind(words[0]!)}`, ...values].join(' ');
};

/** A record of `words`, as the lines of number `number`. */
export function* recordLines(words: Uint32Array, number: number, blocks: BlockTable): Generator<string> {
  const label = String(number).padStart(10);
  if (isEvent(words[0]!)) {
    yield `${label}  ${eventText(words)}`;
    return;
  }
  const id = recordBlock(words[0]!);
  const block = blocks[id];
  const what =
    block === undefined
      ? 'not in the block table'
      : `${hex(block.address)} ${block.isa} ${block.instructions.length} instructions, ${block.end}`;
  yield `${label}  block ${id}: ${what}`;
  for (let at = 1; at < words.length; at += ACCESS_WORDS) {
    const meta = words[at + 1]!;
    const kind = ACCESS_KINDS[accessKind(meta)] ?? `kind-${accessKind(meta)}`;
    const exclusive = accessExclusive(meta) === 1 ? ' exclusive' : '';
    yield `${' '.repeat(12)}[${accessSlot(meta)}] ${kind} ${accessSize(meta)} bytes at ${hex(words[at]!)}${exclusive}`;
  }
}

/** Lines of the records `skip` … `skip + count − 1`; stops reading there. */
export function* viewTrace(source: TraceSource, {skip, count}: ViewOptions): Generator<string> {
  let number = 0;
  while (number < skip + count) {
    const chunk = source.next();
    if (chunk === undefined) return;
    for (let at = 0; at < chunk.length && number < skip + count; number++) {
      const next = at + recordWords(chunk.words[at]!);
      if (number >= skip) yield* recordLines(chunk.words.subarray(at, next), number, source.blocks);
      at = next;
    }
  }
}
