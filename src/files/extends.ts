/** Data files that may name another of their kind and say only what differs: `extends: <id>`. */
import {z} from 'zod';
import {InputError} from './errors.ts';
import {readYaml} from './yaml.ts';

export interface FileKind<T, O extends {readonly extends: string}> {
  readonly whole: z.ZodType<T>;
  readonly overlay: z.ZodType<O>;
  readonly ids: () => readonly string[];
  readonly pathOf: (id: string) => string;
  /** `said`: the file's own top-level keys, because a default of the schema is no change. */
  readonly lay: (base: T, own: O, said: readonly string[]) => T;
}

const anyFile = z.looseObject({extends: z.string().optional()});

/**
 * Each file on the way is checked by itself, so that errors have its name and a line.
 * @throws InputError for a malformed file, a base that does not exist, or a circle.
 */
export const readExtending = <T, O extends {readonly extends: string}>(
  kind: FileKind<T, O>,
  path: string,
  seen: readonly string[] = [],
): T => {
  if (seen.includes(path))
    throw new InputError(`extends itself by way of ${seen.slice(1).join(', ') || 'its own name'}`, {file: path});
  const raw = readYaml(path, anyFile);
  if (raw.extends === undefined) return readYaml(path, kind.whole);
  const own = readYaml(path, kind.overlay);
  const ids = kind.ids();
  if (!ids.includes(own.extends)) {
    throw new InputError(`extends '${own.extends}', which does not exist`, {
      file: path,
      remedy: `choose from ${ids.join(', ')}`,
    });
  }
  return kind.lay(readExtending(kind, kind.pathOf(own.extends), [...seen, path]), own, Object.keys(raw));
};
