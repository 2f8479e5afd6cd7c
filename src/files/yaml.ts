/**
 * YAML (so JSON too) checked against a zod schema; each complaint carries the line and column of the node it is about:
 * `board.yaml:4:11: caches.1.size: expected number, received string`. Objects in schemas are `z.strictObject`, so that an
 * unknown key is an error; it names the nearest key that the schema knows.
 */
import {type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument} from 'yaml';
import type {z} from 'zod';
import {InputError} from './errors.ts';
import {nearest} from './nearest.ts';
import {readText} from './read.ts';

/** More complaints than this are counted, not listed. */
const LISTED = 10;

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Key of the map at `path` that is wrong itself. */
  readonly key?: string;
}

type Known = WeakMap<object, readonly string[]>;

const words: Readonly<Record<string, string>> = {invalid_type: 'expected', invalid_value: 'expected one of'};

/** A required key that is not there reads 'missing' instead of zod's 'received undefined'; unknown keys note their schema's keys. */
const errorMap =
  (known: Known) =>
  (issue: z.core.$ZodRawIssue): string | undefined => {
    if (issue.code === 'unrecognized_keys') {
      const definition = issue.inst?._zod.def;
      if (definition !== undefined && 'shape' in definition)
        known.set(issue.keys, Object.keys(definition.shape as object));
      return undefined;
    }
    if (issue.input !== undefined || words[issue.code] === undefined) return undefined;
    if (issue.code === 'invalid_type') return `missing (expected ${issue.expected})`;
    if (issue.code === 'invalid_value') return `missing (expected ${issue.values.map(String).join(' or ')})`;
    return undefined;
  };

/** Of a failed union the alternative that came closest is reported: the one whose first complaint lies deepest, then the fewest. */
const closest = (alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] => {
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map((issue) => issue.path.length));
  return [...alternatives].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
};

const complaints = (issue: z.core.$ZodIssue, known: Known, prefix: readonly PropertyKey[]): Complaint[] => {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const candidates = known.get(issue.keys) ?? [];
    return issue.keys.map((key) => {
      const guess = nearest(key, candidates);
      const hint = guess === undefined ? `known keys are ${candidates.join(', ')}` : `did you mean '${guess}'?`;
      return {path, key, message: `unknown key '${key}'; ${hint}`};
    });
  }
  if (issue.code === 'invalid_union') {
    const inner = closest(issue.errors).filter((one) => one.path.length > 0 || issue.errors.length === 1);
    if (inner.length > 0) return inner.flatMap((one) => complaints(one, known, path));
  }
  return [{path, message: issue.message.replace(/^Invalid input: /, '')}];
};

/** Offset of the node at `path`, or of the nearest one above it that exists. */
const offsetOf = (document: Document, {path, key}: Complaint): number => {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  const steps = key === undefined ? path : [...path, key];
  for (const [index, step] of steps.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => (isScalar(item.key) ? String(item.key.value) : undefined) === String(step),
      );
      if (pair === undefined) return offset;
      if (key !== undefined && index === steps.length - 1) return (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
      offset = node?.range?.[0] ?? (pair.key as Node).range?.[0] ?? offset;
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null;
      offset = node?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
};

const fail = (file: string, places: readonly {readonly place: string; readonly text: string}[]): never => {
  const [first, ...others] = places;
  const listed = others.slice(0, LISTED - 1).map(({place, text}) => `\n${file}:${place}: ${text}`);
  const unlisted = others.length - listed.length;
  const more = unlisted > 0 ? `\n… and ${unlisted} more` : '';
  throw new InputError(`${first!.text}${listed.join('')}${more}`, {file, place: first!.place});
};

const readDocument = (text: string, file: string): {document: Document; placeOf: (offset: number) => string} => {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {lineCounter, prettyErrors: false, stringKeys: true});
  const placeOf = (offset: number): string => {
    const {line, col} = lineCounter.linePos(offset);
    return `${line}:${col}`;
  };
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0)
    fail(
      file,
      problems.map(({pos, message}) => ({place: placeOf(pos[0]), text: message})),
    );
  return {document, placeOf};
};

const plainData = (document: Document, file: string): unknown => {
  try {
    return document.toJS({maxAliasCount: 100});
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error), {file});
  }
};

/** @throws InputError listing each complaint with its line and column. */
export const parseYaml = <T>(text: string, file: string, schema: z.ZodType<T>): T => {
  const {document, placeOf} = readDocument(text, file);
  const known: Known = new WeakMap();
  const result = schema.safeParse(plainData(document, file), {error: errorMap(known)});
  if (result.success) return result.data;
  const found = result.error.issues
    .flatMap((issue) => complaints(issue, known, []))
    .map((complaint) => ({offset: offsetOf(document, complaint), ...complaint}))
    .sort((a, b) => a.offset - b.offset);
  return fail(
    file,
    found.map(({offset, path, message}) => ({
      place: placeOf(offset),
      text: path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
    })),
  );
};

/** @throws InputError when the file cannot be read, and as {@link parseYaml}. */
export const readYaml = <T>(path: string, schema: z.ZodType<T>): T => parseYaml(readText(path), path, schema);
