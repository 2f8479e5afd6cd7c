/**
 * A directory of the host, and the way to what it holds. The host is only ever asked for one component below a directory
 * that is held open, and never follows a link: a path cannot leave the tree, whatever changes while it is resolved.
 */
import {closeSync, constants, openSync} from 'node:fs';
import {askHost, pathOf} from './host-calls.ts';
import type {Volume} from './node.ts';

/** O_PATH of Linux on all architectures that Node runs on: not among Node's constants. */
const O_PATH = 0o1000_0000;
/** To hold what a name stands for, be it a link. */
export const NAME_FLAGS = O_PATH | constants.O_NOFOLLOW;

export class HostTree {
  readonly volume: Volume;
  readonly writable: boolean;
  readonly #descriptor: number;

  /** @throws Error of the host when `path` is no directory that may be read. */
  constructor(volume: Volume, path: string, writable: boolean) {
    this.volume = volume;
    this.writable = writable;
    this.#descriptor = openSync(path, constants.O_DIRECTORY);
  }

  /** Calls `use` with a path of the directory that does not depend on names. @throws SystemError of the host. */
  within<T>(components: readonly string[], use: (path: string) => T): T {
    let descriptor = this.#descriptor;
    try {
      return askHost(() => {
        for (const component of components) {
          const next = openSync(`${pathOf(descriptor)}/${component}`, NAME_FLAGS | constants.O_DIRECTORY);
          this.#close(descriptor);
          descriptor = next;
        }
        return use(pathOf(descriptor));
      });
    } finally {
      this.#close(descriptor);
    }
  }

  #close(descriptor: number): void {
    if (descriptor !== this.#descriptor) closeSync(descriptor);
  }
}
