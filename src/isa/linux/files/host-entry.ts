/**
 * Attributes of a file, directory or link of the host. They are read and changed through a descriptor of the very file that
 * the guest met, never through a name alone: what was put in its place meanwhile is left alone.
 */
import {type BigIntStats, chmodSync, closeSync, fstatSync, openSync, utimesSync} from 'node:fs';
import type {Time} from '../clock.ts';
import {fail, SystemError} from '../errno.ts';
import {askHost, pathOf} from './host-calls.ts';
import {type HostTree, NAME_FLAGS} from './host-tree.ts';
import type {Keeper, NewTime, Node} from './node.ts';

const SECOND = 1_000_000_000;
const MICROSECOND = 1000;

/**
 * Times of a bound directory are in whole microseconds, read and set alike, so that a copied time equals its original: Node
 * takes a time as a number of seconds, which today has no room for much more. The nearest one.
 */
const timeOf = (nanoseconds: bigint): Time => {
  const rounded = nanoseconds + BigInt(MICROSECOND / 2);
  const rest = Number(rounded % BigInt(SECOND));
  const seconds = Number(rounded / BigInt(SECOND)) - (rest < 0 ? 1 : 0);
  const positive = rest < 0 ? rest + SECOND : rest;
  return [seconds, positive - (positive % MICROSECOND)];
};

/** The next number away from zero: adds between 0.75 and 1.5 of the last binary digit, which rounds to one. */
const nextOutwards = (value: number): number => value + value * (0.75 * Number.EPSILON);

/**
 * A time cut to microseconds, in seconds: the first number at it or beyond, as seen from zero. libuv (uv__fs_to_timespec)
 * cuts towards zero, 1.46 to microseconds, 1.52 to nanoseconds; both leave what {@link timeOf} takes for the same
 * microsecond, until two numbers are half of one apart, in 2106. A text: Node takes negative numbers for the present.
 */
const hostTime = ([seconds, nanoseconds]: Time): string => {
  const cut = nanoseconds - (nanoseconds % MICROSECOND);
  const nearest = seconds + cut / SECOND;
  const whole = Math.trunc(nearest);
  const falls = Math.abs((nearest - whole) * SECOND) < Math.abs((seconds - whole) * SECOND + cut);
  return String(falls ? nextOutwards(nearest) : nearest);
};

const setTimes = (path: string, accessed: Time, modified: Time): void =>
  utimesSync(path, hostTime(accessed), hostTime(modified));

/** Of a tree that is only read: the same whatever the host's times. */
const showUnchanging = (node: Node, {mode}: BigIntStats): void => {
  node.permissions = Number(mode) & 0o777;
  node.accessed = node.modified = node.changed = node.volume.start;
};

const showCurrent = (node: Node, {mode, nlink, atimeNs, mtimeNs, ctimeNs}: BigIntStats): void => {
  node.permissions = Number(mode) & 0o7777;
  node.links = Number(nlink);
  node.accessed = timeOf(atimeNs);
  node.modified = timeOf(mtimeNs);
  node.changed = timeOf(ctimeNs);
};

const S_IFMT = 0o170000n;
/** Device, number and type: the host gives the number of a removed file to a new one at once. */
export const identityOf = ({dev, ino, mode}: BigIntStats): string => `${dev} ${ino} ${mode & S_IFMT}`;

/** An entry of a directory of the tree. */
export interface Place {
  readonly directory: {readonly entry: HostEntry};
  readonly name: string;
}

export class HostEntry implements Keeper {
  readonly tree: HostTree;
  /** Undefined for the tree's own directory; changes when the guest moves the file. */
  place: Place | undefined;
  readonly identity: string;
  readonly #opened: () => number | undefined;

  /** @param opened a descriptor of the file, as long as the guest has it open. */
  constructor(
    tree: HostTree,
    place: Place | undefined,
    stats: BigIntStats,
    opened: () => number | undefined = () => undefined,
  ) {
    this.tree = tree;
    this.place = place;
    this.identity = identityOf(stats);
    this.#opened = opened;
  }

  /** Names from the tree's directory on. */
  get components(): readonly string[] {
    const {place} = this;
    return place === undefined ? [] : [...place.directory.entry.components, place.name];
  }

  isSame(stats: BigIntStats): boolean {
    return identityOf(stats) === this.identity;
  }

  /** Shows a node its attributes, and answers who keeps them from now on. */
  attach(node: Node, stats: BigIntStats): Keeper | undefined {
    const {writable} = this.tree;
    (writable ? showCurrent : showUnchanging)(node, stats);
    return writable ? this : undefined;
  }

  /** Calls `use` with a path whose last component alone is still to be resolved. @throws SystemError of the host. */
  reach<T>(use: (path: string) => T): T {
    const {place} = this;
    const directory = place?.directory.entry.components ?? [];
    return this.tree.within(directory, (path) => use(`${path}/${place?.name ?? '.'}`));
  }

  /** What is gone, or cannot be reached, stays as it was last seen. */
  show(node: Node): void {
    try {
      this.#hold((_, stats) => showCurrent(node, stats));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  changePermissions(permissions: number): void {
    this.#hold((descriptor) => chmodSync(pathOf(descriptor), permissions));
  }

  /** `now` is the time that the host itself gave the change before: by the clock that dates what is written. */
  changeTimes(accessed: NewTime, modified: NewTime): void {
    if (accessed === undefined && modified === undefined) return;
    this.#hold((descriptor, {atimeNs, mtimeNs}) => {
      const path = pathOf(descriptor);
      const before = [timeOf(atimeNs), timeOf(mtimeNs)] as const;
      const isNow = accessed === 'now' || modified === 'now';
      if (isNow) setTimes(path, ...before);
      const now = isNow ? timeOf(fstatSync(descriptor, {bigint: true}).ctimeNs) : undefined;
      const chosen = (wanted: NewTime, old: Time): Time => (wanted === 'now' ? now : wanted) ?? old;
      setTimes(path, chosen(accessed, before[0]), chosen(modified, before[1]));
    });
  }

  /** @throws SystemError ENOENT when something else stands at the place. */
  #hold<T>(use: (descriptor: number, stats: BigIntStats) => T): T {
    const checked = (descriptor: number): T => {
      const stats = fstatSync(descriptor, {bigint: true});
      return this.isSame(stats) ? use(descriptor, stats) : fail('ENOENT');
    };
    const opened = this.#opened();
    if (opened !== undefined) return askHost(() => checked(opened));
    return this.reach((path) => {
      const descriptor = openSync(path, NAME_FLAGS);
      try {
        return checked(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }
}
