/** Records as text, a line each and one per access, for `trace view`. */
import type {BlockTable} from './blocks.ts';
import {eventText, hex} from './event-text.ts';
import {ACCESS_WORDS, accessExclusive, accessKind, accessSize, accessSlot, recordBlock} from './records.ts';
import type {TraceSource} from './source.ts';
import {ACCESS_KINDS} from './summary.ts';
import {isEvent, recordWords} from './walk.ts';

export interface ViewOptions {
  /** Records passed over. */
  readonly skip: number;
  /** Records shown, at most. */
  readonly count: number;
}

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

/** Lines of the records `skip` … `skip + count − 1`, as they come, with a line where those of another vCPU begin; stops reading there. */
export function* viewTrace(source: TraceSource, {skip, count}: ViewOptions): Generator<string> {
  let number = 0;
  let vcpu = source.header.vcpus === 1 ? 0 : undefined;
  while (number < skip + count) {
    const chunk = source.next();
    if (chunk === undefined) return;
    for (let at = 0; at < chunk.length && number < skip + count; number++) {
      const next = at + recordWords(chunk.words[at]!);
      if (number >= skip && vcpu !== (chunk.vcpu ?? 0)) {
        vcpu = chunk.vcpu ?? 0;
        yield `vCPU ${vcpu}`;
      }
      if (number >= skip) yield* recordLines(chunk.words.subarray(at, next), number, source.blocks);
      at = next;
    }
  }
}
