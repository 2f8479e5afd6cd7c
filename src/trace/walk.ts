import {ACCESS_WORDS, EVENT_FLAG, eventPayload, recordAccesses} from './records.ts';

export const isEvent = (head: number): boolean => (head & EVENT_FLAG) !== 0;

/** Words of the record that starts with `head`, itself included. */
export const recordWords = (head: number): number =>
  1 + (isEvent(head) ? eventPayload(head) : recordAccesses(head) * ACCESS_WORDS);

/** No record is longer: an event's payload count has 16 bits. */
export const MAX_RECORD_WORDS = 1 + 0xffff;

/** The end of the last whole record that begins at `from` or later and ends at `limit` or before. */
export const lastBoundary = (words: Uint32Array, from: number, limit: number): number => {
  let at = from;
  for (let next = at; next <= limit; next += recordWords(words[next]!)) at = next;
  return at;
};
