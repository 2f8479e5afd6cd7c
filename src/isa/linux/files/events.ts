/** eventfd(2), timerfd_create(2) and epoll(7). */
import {fail} from '../errno.ts';
import {O_NONBLOCK, O_RDWR, OpenFile, POLLERR, POLLHUP, POLLIN, POLLOUT} from './open-file.ts';

const counterBytes = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

const LARGEST = 0xffff_ffff_ffff_fffen;

export class EventCounter extends OpenFile {
  override readonly mode = 0o600;
  #count: bigint;
  readonly #isSemaphore: boolean;

  constructor(count: number, flags: number, isSemaphore: boolean) {
    super(O_RDWR | (flags & O_NONBLOCK), 'anon_inode:[eventfd]');
    this.#count = BigInt(count);
    this.#isSemaphore = isSemaphore;
  }

  override read(length: number): Uint8Array | undefined {
    if (length < 8) fail('EINVAL');
    if (this.#count === 0n) return undefined;
    const taken = this.#isSemaphore ? 1n : this.#count;
    this.#count -= taken;
    this.changed.wake();
    return counterBytes(taken);
  }

  override write(data: Uint8Array): number | undefined {
    if (data.length < 8) fail('EINVAL');
    const added = new DataView(data.buffer, data.byteOffset).getBigUint64(0, true);
    if (added > LARGEST) fail('EINVAL');
    if (this.#count + added > LARGEST) return undefined;
    this.#count += added;
    this.changed.wake();
    return 8;
  }

  override poll(): number {
    return (this.#count > 0n ? POLLIN : 0) | (this.#count < LARGEST ? POLLOUT : 0);
  }
}

export class TimerFile extends OpenFile {
  override readonly mode = 0o600;
  readonly isRealTime: boolean;
  #expirations = 0;

  constructor(flags: number, isRealTime: boolean) {
    super(O_RDWR | (flags & O_NONBLOCK), 'anon_inode:[timerfd]');
    this.isRealTime = isRealTime;
  }

  expire(count: number): void {
    this.#expirations += count;
    this.changed.wake();
  }

  reset(): void {
    this.#expirations = 0;
  }

  override read(length: number): Uint8Array | undefined {
    if (length < 8) fail('EINVAL');
    if (this.#expirations === 0) return undefined;
    const taken = this.#expirations;
    this.#expirations = 0;
    return counterBytes(BigInt(taken));
  }

  override poll(): number {
    return this.#expirations > 0 ? POLLIN : 0;
  }
}

const EPOLLONESHOT = 0x4000_0000;
const EPOLLET = 0x8000_0000;

interface Watch {
  readonly file: OpenFile;
  events: number;
  data: bigint;
  /** What was reported last, of an edge-triggered watch: it reports again when woken. */
  armed: boolean;
  readonly waiter: {wake(): void};
}

export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

export class Epoll extends OpenFile {
  override readonly mode = 0o600;
  readonly #watches = new Map<string, Watch>();
  readonly #ids = new WeakMap<OpenFile, number>();
  #nextId = 0;

  constructor() {
    super(O_RDWR, 'anon_inode:[eventpoll]');
  }

  /** @throws SystemError EEXIST, EINVAL, ELOOP, EPERM */
  add(fd: number, file: OpenFile, events: number, data: bigint): void {
    if (file === this) fail('EINVAL');
    if (this.#find(fd, file) !== undefined) fail('EEXIST');
    const watch: Watch = {file, events, data, armed: true, waiter: {wake: () => this.#wakeFor(watch)}};
    file.changed.add(watch.waiter);
    this.#watches.set(this.#key(fd, file), watch);
    this.changed.wake();
  }

  modify(fd: number, file: OpenFile, events: number, data: bigint): void {
    const watch = this.#find(fd, file) ?? fail('ENOENT');
    Object.assign(watch, {events, data, armed: true});
    this.changed.wake();
  }

  remove(fd: number, file: OpenFile): void {
    const watch = this.#find(fd, file) ?? fail('ENOENT');
    file.changed.remove(watch.waiter);
    this.#watches.delete(this.#key(fd, file));
  }

  /** Takes up to `most` events that are there. */
  take(most: number): readonly EpollEvent[] {
    const found: EpollEvent[] = [];
    for (const [key, watch] of [...this.#watches]) {
      if (found.length === most) break;
      if (watch.file.references === 0) {
        watch.file.changed.remove(watch.waiter);
        this.#watches.delete(key);
        continue;
      }
      const ready = this.#ready(watch);
      if (ready === 0) continue;
      found.push({events: ready, data: watch.data});
      if ((watch.events & EPOLLET) !== 0) watch.armed = false;
      if ((watch.events & EPOLLONESHOT) !== 0) watch.events &= EPOLLONESHOT;
      // Those that are served last next time, so that none starves.
      this.#watches.delete(key);
      this.#watches.set(key, watch);
    }
    return found;
  }

  override poll(): number {
    for (const watch of this.#watches.values())
      if (watch.file.references > 0 && this.#ready(watch) !== 0) return POLLIN;
    return 0;
  }

  protected override close(): void {
    for (const {file, waiter} of this.#watches.values()) file.changed.remove(waiter);
    this.#watches.clear();
  }

  #ready(watch: Watch): number {
    if (!watch.armed || (watch.events & ~(EPOLLONESHOT | EPOLLET)) === 0) return 0;
    return watch.file.poll() & ((watch.events & 0xffff) | POLLERR | POLLHUP);
  }

  #wakeFor(watch: Watch): void {
    watch.armed = true;
    this.changed.wake();
  }

  #key(fd: number, file: OpenFile): string {
    let id = this.#ids.get(file);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(file, id);
    }
    return `${fd}:${id}`;
  }

  #find(fd: number, file: OpenFile): Watch | undefined {
    return this.#watches.get(this.#key(fd, file));
  }
}
