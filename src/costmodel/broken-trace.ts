/** What is said of a machine's trace that accesses what it has not announced. */
import {InputError} from '../files/errors.ts';
import type {BlockTable} from '../trace/blocks.ts';
import {recordBlock} from '../trace/records.ts';
import type {TraceChunk} from '../trace/source.ts';
import {recordWords} from '../trace/walk.ts';
import type {Unannounced} from './spaces.ts';

/**
 * @param chunkNumber of the chunk, from 1.
 * @param at a word of the record.
 */
export const brokenAt = (
  error: Unannounced,
  blocks: BlockTable,
  {words}: TraceChunk,
  chunkNumber: number,
  at: number,
): InputError => {
  let record = 0;
  let start = 0;
  for (let next = recordWords(words[0]!); next <= at; next += recordWords(words[next]!)) {
    start = next;
    record++;
  }
  const address = blocks[recordBlock(words[start]!)]?.address ?? 0;
  const place = `chunk ${chunkNumber}, record ${record} (the block at 0x${address.toString(16)})`;
  return new InputError(`the trace is broken at ${place}: ${error.message}`, {remedy: 'record it again'});
};
