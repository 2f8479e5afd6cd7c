/**
 * Traces of Dinero. `din` (its informat d): `label address`, label 0 read, 1 write, 2 fetch, 3 miscellaneous, 4 copy back,
 * 5 invalidate; addresses in hexadecimal, of words of 4 bytes. Extended din (D): `r|w|i|m|c|v address size`, both numbers
 * hexadecimal; what follows on a line is ignored.
 */
import {WRITE} from '../records.ts';
import type {ChangeCounts} from './changes.ts';
import {type DataKind, type ExportedAccess, hex, Malformed, parseHex, type Sink, type Writer} from './format.ts';

const WORD = 4;

type Label = 'read' | 'write' | 'fetch' | 'control';
const DIN_LABELS: Readonly<Record<string, Label>> = {
  0: 'read',
  1: 'write',
  2: 'fetch',
  3: 'control',
  4: 'control',
  5: 'control',
};
const EXTENDED_LABELS: Readonly<Record<string, Label>> = {
  r: 'read',
  w: 'write',
  i: 'fetch',
  m: 'control',
  c: 'control',
  v: 'control',
};
const KINDS: Readonly<Record<'read' | 'write', DataKind>> = {read: 0, write: 1};

const fields = (line: string, count: number): readonly string[] => {
  const found = line.trim().split(/\s+/, count);
  if (found.length < count) throw new Malformed(`${found.length} fields in '${line.slice(0, 40)}', not ${count}`);
  return found;
};

const labelOf = (labels: Readonly<Record<string, Label>>, name: string): Label => {
  const label = Object.hasOwn(labels, name) ? labels[name] : undefined;
  if (label !== undefined) return label;
  throw new Malformed(`label '${name.slice(0, 20)}' is none of ${Object.keys(labels).join(', ')}`);
};

export const readDin = (sink: Sink) => (line: string) => {
  const [name, digits] = fields(line, 2) as [string, string];
  const label = labelOf(DIN_LABELS, name);
  const address = parseHex(digits, 'address');
  if (label === 'control') {
    sink.note('controls');
    return;
  }
  if (address % WORD !== 0) sink.note('rounded');
  const word = address - (address % WORD);
  if (label === 'fetch') sink.instruction(word, WORD, 'unknown');
  else sink.access(KINDS[label], word, WORD);
};

export const readExtendedDin = (sink: Sink) => (line: string) => {
  const [name, digits, sizeDigits] = fields(line, 3) as [string, string, string];
  const label = labelOf(EXTENDED_LABELS, name);
  const address = parseHex(digits, 'address');
  const size = parseHex(sizeDigits, 'size');
  if (label === 'control') sink.note('controls');
  else if (label === 'fetch') sink.instruction(address, size, 'unknown');
  else sink.access(KINDS[label], address, size);
};

/** The words that bytes lie in, a line each. */
const wordLines = (label: number, address: number, size: number, changes: ChangeCounts): string => {
  const first = address - (address % WORD);
  const last = address + size - 1;
  if (address !== first || size % WORD !== 0) changes.add('rounded');
  let lines = '';
  for (let word = first; word <= last; word += WORD) lines += `${label} ${hex(word)}\n`;
  return lines;
};

const dinAccess = ({kind, address, size}: ExportedAccess, changes: ChangeCounts): string => {
  if (Math.floor(address / WORD) !== Math.floor((address + size - 1) / WORD)) changes.add('split');
  return wordLines(kind === WRITE ? 1 : 0, address, size, changes);
};

/** A fetch of 2 bytes is one of its word; one of 4 that begins within a word is one of the word that it begins in. */
export const writeDin: Writer = ({address, length, accesses}, changes) => {
  let text = '';
  if (address !== undefined) {
    if (address % WORD !== 0 || length !== WORD) changes.add('rounded');
    text = `2 ${hex(address - (address % WORD))}\n`;
  }
  for (const access of accesses) text += dinAccess(access, changes);
  return text;
};

export const writeExtendedDin: Writer = ({address, length, accesses}) => {
  let text = address === undefined ? '' : `i ${hex(address)} ${hex(length)}\n`;
  for (const {kind, address: at, size} of accesses) text += `${kind === WRITE ? 'w' : 'r'} ${hex(at)} ${hex(size)}\n`;
  return text;
};
