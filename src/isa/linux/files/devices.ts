/** /dev, and the streams of the host. */
import {fail} from '../errno.ts';
import {Directory, Link, type Opened, S_IFCHR, Special, type Volume} from './node.ts';
import {O_RDWR, OpenFile, POLLHUP, POLLIN, POLLOUT, type TerminalSize} from './open-file.ts';
import {MOST_BYTES} from './regular.ts';

interface Behaviour {
  readonly read: (length: number) => Uint8Array;
  readonly write: (data: Uint8Array) => number;
}

class OpenDevice extends OpenFile {
  readonly #behaviour: Behaviour;

  constructor(flags: number, path: string, node: Special, behaviour: Behaviour) {
    super(flags, path, node);
    this.#behaviour = behaviour;
  }

  override read(length: number): Uint8Array {
    return this.#behaviour.read(Math.min(length, MOST_BYTES));
  }

  override write(data: Uint8Array): number {
    return this.#behaviour.write(data);
  }

  override readAt(_position: number, length: number): Uint8Array {
    return this.read(length);
  }

  override writeAt(_position: number, data: Uint8Array): number {
    return this.write(data);
  }

  override seek(): number {
    return 0;
  }
}

/** Where the guest's streams lead. */
export interface HostStreams {
  /** At most so many bytes; none at the end. It may wait for the host. */
  readonly read: (length: number) => Uint8Array;
  /** @throws Error with code EPIPE when nobody reads any more. */
  readonly write: (fd: number, data: Uint8Array) => void;
  /** What the descriptors 0 to 2 are, where they are terminals. */
  readonly terminal: (fd: number) => TerminalSize | undefined;
}

/** Standard input, output or error of the host. It is always ready: waiting for the host takes no time of the guest's. */
export class HostStream extends OpenFile {
  override readonly mode: number;
  readonly #fd: number;
  readonly #streams: HostStreams;
  #isClosed = false;

  constructor(fd: number, streams: HostStreams) {
    super(O_RDWR, streams.terminal(fd) === undefined ? `pipe:[${fd}]` : `/dev/pts/${fd}`);
    this.#fd = fd;
    this.#streams = streams;
    this.mode = this.terminal === undefined ? 0o010600 : S_IFCHR | 0o620;
  }

  override read(length: number): Uint8Array {
    return this.#streams.read(Math.min(length, MOST_BYTES));
  }

  override write(data: Uint8Array): number {
    try {
      if (data.length > 0) this.#streams.write(this.#fd === 0 ? 1 : this.#fd, data);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      this.#isClosed = true;
      fail('EPIPE');
    }
    return data.length;
  }

  override poll(): number {
    return this.#isClosed ? POLLHUP : POLLIN | POLLOUT;
  }

  override get available(): number {
    return 1;
  }

  override get terminal(): TerminalSize | undefined {
    return this.#streams.terminal(this.#fd);
  }
}

const number = (major: number, minor: number): number => (major << 8) | minor;

/** /dev: descriptors are links to /proc/self/fd. */
export const deviceDirectory = (volume: Volume, random: () => number, terminal: () => Opened): Directory => {
  const directory = new Directory(volume);
  const device = (name: string, represents: number, behaviour: Behaviour): void => {
    const special: Special = new Special(
      volume,
      S_IFCHR | 0o666,
      represents,
      (flags) => new OpenDevice(flags, `/dev/${name}`, special, behaviour),
    );
    directory.insert(name, special);
  };
  const swallow = (data: Uint8Array): number => data.length;
  const nothing = (): Uint8Array => new Uint8Array(0);
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  const noise = (length: number): Uint8Array =>
    Uint8Array.from({length: Math.min(length, 4096)}, () => random() & 0xff);
  device('null', number(1, 3), {read: nothing, write: swallow});
  device('zero', number(1, 5), {read: zeros, write: swallow});
  device('full', number(1, 7), {read: zeros, write: () => fail('ENOSPC')});
  device('random', number(1, 8), {read: noise, write: swallow});
  device('urandom', number(1, 9), {read: noise, write: swallow});
  directory.insert('tty', new Special(volume, S_IFCHR | 0o666, number(5, 0), terminal));
  const links = {fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2'};
  for (const [name, target] of Object.entries(links)) directory.insert(name, new Link(volume, target));
  directory.insert('shm', new Directory(volume, 0o1777));
  directory.insert('pts', new Directory(volume));
  return directory;
};
