/** Path resolution (path_resolution(7)), component by component in the guest's own tree. */
import {fail} from '../errno.ts';
import {Directory, Link, type Node, type Opened} from './node.ts';

const MOST_LINKS = 40;
const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;

/** Where a task's paths start. */
export interface Places {
  root: Directory;
  current: Directory;
}

export interface Resolved {
  /** The directory that holds, or would hold, the entry. */
  readonly directory: Directory;
  /** Empty for `/`, `.` and `..`. */
  readonly name: string;
  readonly node: Node | undefined;
  /** The path ends in a slash: what it names must be a directory. */
  readonly mustBeDirectory: boolean;
  /** Its name from the guest's root, links resolved. */
  readonly path: string;
  /** An open file, when a link of /proc/self/fd leads to one that has no name. */
  readonly opened?: Opened | undefined;
}

const joined = ({path}: Directory, name: string): string => (path === '/' ? `/${name}` : `${path}/${name}`);

/** @throws SystemError ENOENT for a missing directory on the way, ENOTDIR, ELOOP, ENAMETOOLONG. */
export const resolve = (places: Places, start: Directory, path: string, followLast: boolean): Resolved => {
  if (path === '') fail('ENOENT');
  if (path.length >= LONGEST_PATH) fail('ENAMETOOLONG');
  let directory = path.startsWith('/') ? places.root : start;
  let pending = path.split('/').filter((part) => part !== '');
  let links = 0;
  let mustBeDirectory = path.endsWith('/');
  for (;;) {
    const [name, ...rest] = pending;
    if (name === undefined) return {directory, name: '', node: directory, mustBeDirectory, path: directory.path};
    if (name.length > LONGEST_NAME) fail('ENAMETOOLONG');
    pending = rest;
    if (name === '.') continue;
    if (name === '..') {
      if (directory !== places.root) directory = directory.parent;
      continue;
    }
    const node = directory.lookup(name);
    const isLast = rest.length === 0;
    if (node instanceof Link && (!isLast || followLast || mustBeDirectory)) {
      if (++links > MOST_LINKS) fail('ELOOP');
      if (node.follow !== undefined) {
        const followed = node.follow();
        if (followed instanceof Directory) {
          directory = followed;
          continue;
        }
        if (!isLast) fail('ENOTDIR');
        const found = {directory, name, mustBeDirectory, path: node.target};
        return 'inode' in followed ? {...found, node: followed as Node} : {...found, node, opened: followed};
      }
      const {target} = node;
      if (target === '') fail('ENOENT');
      if (target.startsWith('/')) directory = places.root;
      mustBeDirectory ||= isLast && target.endsWith('/');
      pending = [...target.split('/').filter((part) => part !== ''), ...rest];
      continue;
    }
    if (isLast) {
      if (mustBeDirectory && node !== undefined && !(node instanceof Directory)) fail('ENOTDIR');
      return {directory, name, node, mustBeDirectory, path: joined(directory, name)};
    }
    if (node === undefined) fail('ENOENT');
    if (!(node instanceof Directory)) fail('ENOTDIR');
    directory = node;
  }
};
