/** The guest's tree of files: a root of the host or an empty one, directories that the user adds, /dev, /proc and /tmp. */
import {statSync} from 'node:fs';
import type {Time} from './clock.ts';
import {SystemError} from './errno.ts';
import {type Content, Quota} from './files/content.ts';
import {deviceDirectory} from './files/devices.ts';
import {HostDirectory} from './files/host.ts';
import {HostTree} from './files/host-tree.ts';
import {Directory, newVolume, type Opened, RegularFile, type Volume} from './files/node.ts';

/** A directory of the host in the guest's tree. */
export interface Bind {
  readonly host: string;
  readonly guest: string;
  /** What the guest writes there is written on the host. */
  readonly writable: boolean;
}

export interface RootOptions {
  /** The directory that is the guest's root; it is only read. Without one the root is empty. */
  readonly sysroot: string | undefined;
  readonly binds: readonly Bind[];
  /** CLOCK_REALTIME. */
  readonly now: () => Time;
  readonly random: () => number;
  readonly terminal: () => Opened;
}

export interface Root {
  readonly directory: Directory;
  readonly volume: Volume;
}

/** What files in memory may take together. */
const QUOTA = 512 * 2 ** 20;
const DEVICE = {root: 1, memory: 2, devices: 3, firstBind: 8} as const;

/** A directory that cannot be had: what the user named wrongly. */
export class RootError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}; name a directory that can be read`);
    this.name = 'RootError';
  }
}

const hostDirectory = (volume: Volume, path: string, writable: boolean): HostDirectory => {
  try {
    if (!statSync(path).isDirectory()) throw new RootError(path, 'is no directory');
    return HostDirectory.top(new HostTree(volume, path, writable));
  } catch (error) {
    if (error instanceof RootError) throw error;
    throw new RootError(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
};

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

/** The directory at a path, made of memory where there is none. Links are not followed: it is the user's own path. */
export const ensureDirectory = (root: Directory, path: string): Directory =>
  namesOf(path).reduce((directory, name) => {
    if (name === '..') return directory.parent;
    const found = directory.lookup(name);
    if (found instanceof Directory) return found;
    const made = new Directory(directory.volume);
    directory.insert(name, made);
    return made;
  }, root);

export const mount = (root: Directory, path: string, directory: Directory): void => {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined) throw new RootError(path, 'cannot be a mount point');
  ensureDirectory(root, names.join('/')).insert(name, directory);
};

/** @throws RootError when a directory of the host cannot be had. */
export const buildRoot = (options: RootOptions): Root => {
  const quota = new Quota(QUOTA);
  const volumeOf = (device: number): Volume => newVolume(device, quota, options.now);
  const rootVolume = volumeOf(DEVICE.root);
  const directory =
    options.sysroot === undefined ? new Directory(rootVolume) : hostDirectory(rootVolume, options.sysroot, false);
  const memory = volumeOf(DEVICE.memory);
  mount(directory, '/dev', deviceDirectory(volumeOf(DEVICE.devices), options.random, options.terminal));
  mount(directory, '/tmp', new Directory(memory, 0o1777));
  mount(directory, '/dev/shm', new Directory(memory, 0o1777));
  for (const [index, {host, guest, writable}] of options.binds.entries()) {
    mount(directory, guest, hostDirectory(volumeOf(DEVICE.firstBind + index), host, writable));
  }
  return {directory, volume: memory};
};

/** The bytes of the program that the user named, which is all that the guest sees of its directory. */
class GivenContent implements Content {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(position, position + length);
  }

  write(): void {
    throw new SystemError('EROFS');
  }

  resize(): void {
    throw new SystemError('EROFS');
  }
}

/** Makes the program visible at a path, whatever the tree has there. */
export const placeProgram = (root: Directory, path: string, bytes: Uint8Array): void => {
  const names = namesOf(path);
  const name = names.pop() ?? 'program';
  const directory = ensureDirectory(root, names.join('/'));
  directory.insert(name, new RegularFile(directory.volume, 0o755, new GivenContent(bytes)));
};
