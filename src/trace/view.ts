/** Records as text, a line each and one per access, for `trace view`. */
import type {BlockTable} from './blocks.ts';
import {EVENT_KINDS, type EventKind, MARKERS, TLB_OPERATIONS, type TlbOperation} from './events.ts';
import {ACCESS_WORDS, accessExclusive, accessKind, accessSize, accessSlot, eventKind, recordBlock} from './records.ts';
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

/** What an operation names of the payload behind it. */
const NAMED: Readonly<Record<TlbOperation, readonly ('space' | 'range')[]>> = {
  all: [],
  space: ['space'],
  pages: ['space', 'range'],
  'pages-of-all': ['range'],
};

const maintenanceText = ([operation, space, address, pages]: readonly number[]): readonly (string | number)[] => {
  const name = TLB_OPERATIONS[operation!];
  if (name === undefined) return [operation!, space!, address!, pages!];
  const texts = {space: `space ${space}`, range: `${pages} pages from ${hex(address!)}`};
  return [name, ...NAMED[name].map((part) => texts[part])];
};

/** What the payload of an event is, where its numbers alone do not say it. */
const PAYLOAD_TEXT: Partial<Readonly<Record<EventKind, (payload: readonly number[]) => readonly (string | number)[]>>> =
  {
    marker: ([marker]) => [MARKERS[marker!] ?? marker!],
    'task-switch': ([space, task]) => [`space ${space}`, `task ${task}`],
    'tlb-maintenance': maintenanceText,
    'space-end': ([space]) => [`space ${space}`],
  };

const eventText = (words: Uint32Array): string => {
  const kind = EVENT_KINDS[eventKind(words[0]!)];
  const payload = [...words.subarray(1)];
  const text = kind === undefined ? undefined : PAYLOAD_TEXT[kind];
  const values = text === undefined ? payload : text(payload);
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
