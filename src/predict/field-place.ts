/** Fields of loaded data files by their place, `kvm.stage2.leaf` or `xen.activities.dom0.shareOfTwoCpus`: read, and set in a copy. */
import {InputError, type InputErrorOptions} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';

const isObject = (node: unknown): node is Readonly<Record<string, unknown>> =>
  typeof node === 'object' && node !== null;

/** Elements of a list of things that have ids go by these. */
const keysOf = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap((one) => (isObject(one) && typeof one.id === 'string' ? [one.id] : []));
  return isObject(node) ? Object.keys(node) : [];
};

const childOf = (node: unknown, key: string): unknown =>
  Array.isArray(node)
    ? node.find((one) => isObject(one) && one.id === key)
    : (node as Readonly<Record<string, unknown>>)[key];

const unknownField = (node: unknown, place: string, key: string, options: InputErrorOptions): InputError => {
  const known = keysOf(node);
  const guess = nearest(key, known);
  const choices = known.length === 0 ? 'it has no fields' : `choose from ${known.join(', ')}`;
  return new InputError(`no field '${key}' in '${place}'`, {
    ...options,
    remedy: guess === undefined ? choices : `did you mean '${guess}'?`,
  });
};

/**
 * What stands at `place`.
 * @throws InputError at `options` naming the first key that does not exist, and the nearest that does.
 */
export const readField = (root: unknown, place: string, options: InputErrorOptions): unknown => {
  let node = root;
  const before: string[] = [];
  for (const key of place.split('.')) {
    if (!keysOf(node).includes(key)) throw unknownField(node, before.join('.') || 'the files', key, options);
    node = childOf(node, key);
    before.push(key);
  }
  return node;
};

const setAt = (node: unknown, [key, ...rest]: readonly string[], value: unknown): unknown => {
  if (key === undefined) return value;
  if (Array.isArray(node))
    return node.map((one) => (childOf([one], key) === undefined ? one : setAt(one, rest, value)));
  return {...(node as object), [key]: setAt(childOf(node, key), rest, value)};
};

/** A copy of `root` with another value at a place that {@link readField} finds. */
export const withField = <T>(root: T, place: string, value: unknown): T => setAt(root, place.split('.'), value) as T;
