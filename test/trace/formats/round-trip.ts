/** Exports and imports within a test, and what a trace says as a list of fetches and accesses. */
import {writeFileSync} from 'node:fs';
import type {BlockTable} from '../../../src/trace/blocks.ts';
import {type Change, ChangeCounts} from '../../../src/trace/formats/changes.ts';
import {exportBytes} from '../../../src/trace/formats/export.ts';
import type {ExportedInstruction, Writer} from '../../../src/trace/formats/format.ts';
import {openImport} from '../../../src/trace/formats/import.ts';
import {type FormatName, READABLE, WRITABLE} from '../../../src/trace/formats/table.ts';
import type {TraceSource} from '../../../src/trace/source.ts';
import {HEADER} from '../small-trace.ts';

export type Changes = Readonly<Partial<Record<Change, number>>>;

export const exported = (source: TraceSource, name: FormatName): {bytes: Buffer; changes: Changes} => {
  const {format} = WRITABLE.find((one) => one.name === name)!;
  const changes = new ChangeCounts();
  return {bytes: Buffer.concat([...exportBytes(source, format.write, changes)]), changes: changes.counts};
};

export interface Imported {
  readonly blocks: BlockTable;
  readonly words: readonly number[];
  readonly changes: Changes;
  readonly header: TraceSource['header'];
}

export const importFile = async (path: string, name: FormatName): Promise<Imported> => {
  const row = READABLE.find((one) => one.name === name)!;
  const source = await openImport({path, ...row});
  const words: number[] = [];
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
      for (const word of chunk.words.subarray(0, chunk.length)) words.push(word);
    }
  } finally {
    await source.close();
  }
  return {blocks: source.blocks, words, changes: source.changes.counts, header: source.header};
};

export const imported = (path: string, bytes: string | Uint8Array, name: FormatName): Promise<Imported> => {
  writeFileSync(path, bytes);
  return importFile(path, name);
};

export const sourceOfImport = ({blocks, words, header}: Imported): TraceSource => {
  let done = false;
  return {
    header,
    blocks,
    next: () => {
      if (done || words.length === 0) return undefined;
      done = true;
      return {words: Uint32Array.from(words), length: words.length};
    },
  };
};

export type Item = readonly [what: 'fetch' | 'read' | 'write', address: number, size: number];

/** What `source` says, as any writer is told. */
export const itemsOf = (source: TraceSource): Item[] => {
  const items: Item[] = [];
  const write: Writer = ({address, length, accesses}: ExportedInstruction) => {
    if (address !== undefined) items.push(['fetch', address, length]);
    for (const {kind, address: at, size} of accesses) items.push([kind === 0 ? 'read' : 'write', at, size]);
    return '';
  };
  for (const _ of exportBytes({...source, header: HEADER, next: () => source.next()}, write, new ChangeCounts()));
  return items;
};
