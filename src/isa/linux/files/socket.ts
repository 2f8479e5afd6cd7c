/** Sockets of the family AF_UNIX (unix(7)), between tasks of the guest. */
import {fail} from '../errno.ts';
import type {Special} from './node.ts';
import {O_NONBLOCK, O_RDWR, OpenFile, POLLHUP, POLLIN, POLLOUT, POLLRDHUP} from './open-file.ts';

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;

/** net.core.wmem_default, and what the kernel counts for a message beside its bytes. */
const CAPACITY = 212_992;
const OVERHEAD = 768;

/** A path or, with a leading zero, an abstract name; empty when there is none. */
export type SocketName = string;

export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

interface Message {
  data: Uint8Array;
  readonly from: SocketName;
  /** Files that travel with it; whoever takes it gives them descriptors or releases them. */
  files: readonly OpenFile[];
  readonly credentials: Credentials | undefined;
}

export interface Received {
  readonly data: Uint8Array;
  readonly from: SocketName;
  readonly files: readonly OpenFile[];
  readonly credentials: Credentials | undefined;
  /** Bytes of the message that did not fit. */
  readonly lost: number;
}

/** Names that are no paths. */
export type AbstractNames = Map<SocketName, Socket>;

export class Socket extends OpenFile {
  override readonly mode = 0o140777;
  readonly kind: number;
  readonly credentials: Credentials;
  name: SocketName = '';
  /** Where it is bound. */
  place: Special | undefined = undefined;
  peer: Socket | undefined = undefined;
  peerCredentials: Credentials | undefined = undefined;
  /** Connections that nobody accepted yet, and how many there may be; 0 when it does not listen. */
  #waiting: Socket[] = [];
  #backlog = 0;
  #messages: Message[] = [];
  #queued = 0;
  #readEnd = false;
  #writeEnd = false;
  #wasConnected = false;

  constructor(kind: number, flags: number, credentials: Credentials) {
    super(O_RDWR | (flags & O_NONBLOCK), 'socket:');
    this.kind = kind;
    this.credentials = credentials;
  }

  get isListening(): boolean {
    return this.#backlog > 0;
  }

  get hasMessages(): boolean {
    return this.#messages.length > 0;
  }

  pairWith(other: Socket): void {
    this.peer = other;
    other.peer = this;
    this.#wasConnected = true;
    other.#wasConnected = true;
    this.peerCredentials = other.credentials;
    other.peerCredentials = this.credentials;
  }

  listen(backlog: number): void {
    if (this.kind === SOCK_DGRAM) fail('EOPNOTSUPP');
    if (this.name === '' || this.#wasConnected) fail('EINVAL');
    this.#backlog = Math.max(1, Math.min(backlog, 4096) + 1);
    this.changed.wake();
  }

  /** False while the listener's queue is full. */
  connect(listener: Socket): boolean {
    if (this.kind === SOCK_DGRAM) {
      if (listener.kind !== SOCK_DGRAM) fail('EPROTOTYPE');
      this.peer = listener;
      return true;
    }
    if (this.#wasConnected) fail('EISCONN');
    if (listener.kind !== this.kind) fail('EPROTOTYPE');
    if (!listener.isListening || listener.references === 0) fail('ECONNREFUSED');
    if (listener.#waiting.length >= listener.#backlog) return false;
    const accepted = new Socket(this.kind, 0, listener.credentials);
    accepted.name = listener.name;
    this.pairWith(accepted);
    listener.#waiting.push(accepted);
    listener.changed.wake();
    return true;
  }

  accept(): Socket | undefined {
    if (!this.isListening) fail('EINVAL');
    const accepted = this.#waiting.shift();
    if (accepted !== undefined) this.changed.wake();
    return accepted;
  }

  /** Undefined while the receiver's buffer is full. */
  send(
    data: Uint8Array,
    target = this.peer,
    files: readonly OpenFile[] = [],
    credentials?: Credentials,
  ): number | undefined {
    const isStream = this.kind === SOCK_STREAM;
    if (this.#writeEnd) fail('EPIPE');
    if (target === undefined) fail(this.#wasConnected ? 'EPIPE' : 'ENOTCONN');
    if (target.references === 0) {
      if (this.kind === SOCK_DGRAM) fail('ECONNREFUSED');
      // The other side may be a connection that nobody has accepted yet.
      if (target.peer !== this) fail('EPIPE');
    }
    if (target.#readEnd) fail('EPIPE');
    if (!isStream && data.length > CAPACITY - OVERHEAD) fail('EMSGSIZE');
    const space = CAPACITY - target.#queued - OVERHEAD;
    if (space <= 0 || (!isStream && space < data.length)) return undefined;
    const part = data.slice(0, space);
    if (isStream && part.length === 0) return 0;
    for (const file of files) file.acquire();
    target.#messages.push({data: part, from: this.name, files, credentials});
    target.#queued += part.length + OVERHEAD;
    target.changed.wake();
    return part.length;
  }

  /** Undefined while there is nothing; no bytes at the end. */
  receive(length: number, keep = false): Received | undefined {
    const [first] = this.#messages;
    if (first === undefined) {
      if (this.kind !== SOCK_DGRAM && !this.#wasConnected) fail(this.isListening ? 'EINVAL' : 'ENOTCONN');
      const isEnd = this.#readEnd || (this.#wasConnected && this.peer === undefined);
      return isEnd ? {data: new Uint8Array(0), from: '', files: [], credentials: undefined, lost: 0} : undefined;
    }
    const {from, credentials} = first;
    if (this.kind !== SOCK_STREAM) {
      const {files} = first;
      const data = first.data.subarray(0, length);
      if (keep) for (const file of files) file.acquire();
      else this.#drop();
      return {data, from, files, credentials, lost: first.data.length - data.length};
    }
    const {data, files} = this.#takeStream(length, keep);
    return {data, from, files, credentials, lost: 0};
  }

  /** Bytes of several messages, up to one that brings files. */
  #takeStream(length: number, keep: boolean): {readonly data: Uint8Array; readonly files: readonly OpenFile[]} {
    const parts: Uint8Array[] = [];
    let files: readonly OpenFile[] = [];
    let left = length;
    for (const message of [...this.#messages]) {
      if (left === 0 || (parts.length > 0 && message.files.length > 0) || files.length > 0) break;
      const part = message.data.subarray(0, left);
      parts.push(part);
      left -= part.length;
      files = message.files;
      if (keep) {
        for (const file of files) file.acquire();
        continue;
      }
      message.files = [];
      message.data = message.data.subarray(part.length);
      this.#queued -= part.length;
      if (message.data.length === 0) this.#drop();
    }
    if (!keep) this.#wakeSenders();
    return {data: new Uint8Array(Buffer.concat(parts)), files};
  }

  #drop(): void {
    const message = this.#messages.shift();
    if (message !== undefined) this.#queued -= message.data.length + OVERHEAD;
    this.#wakeSenders();
  }

  #wakeSenders(): void {
    this.peer?.changed.wake();
    this.changed.wake();
  }

  /** `how` 0 for reading, 1 for writing, 2 for both. */
  shutdown(how: number): void {
    if (how > 2) fail('EINVAL');
    if (!this.#wasConnected && this.kind !== SOCK_DGRAM) fail('ENOTCONN');
    if (how !== 1) this.#readEnd = true;
    if (how !== 0) this.#writeEnd = true;
    if (this.peer !== undefined && this.kind !== SOCK_DGRAM) {
      if (how !== 0) this.peer.#readEnd = true;
      if (how !== 1) this.peer.#writeEnd = true;
    }
    this.#wakeSenders();
  }

  override read(length: number): Uint8Array | undefined {
    const received = this.receive(length);
    for (const file of received?.files ?? []) file.release();
    return received?.data;
  }

  override write(data: Uint8Array): number | undefined {
    return this.send(data);
  }

  override poll(): number {
    if (this.isListening) return this.#waiting.length > 0 ? POLLIN : 0;
    const isGone = this.#wasConnected && this.peer === undefined;
    const isUnconnected = this.kind !== SOCK_DGRAM && !this.#wasConnected;
    const input = this.hasMessages || this.#readEnd || isGone ? POLLIN : 0;
    const full = this.peer !== undefined && CAPACITY - this.peer.#queued - OVERHEAD <= 0;
    const output = full ? 0 : POLLOUT;
    const hungUp = isGone || isUnconnected || (this.#readEnd && this.#writeEnd) ? POLLHUP : 0;
    return input | output | hungUp | (this.#readEnd || isGone ? POLLRDHUP : 0);
  }

  override get available(): number {
    return this.kind === SOCK_STREAM
      ? this.#messages.reduce((sum, {data}) => sum + data.length, 0)
      : (this.#messages[0]?.data.length ?? 0);
  }

  protected override close(): void {
    for (const {files} of this.#messages) for (const file of files) file.release();
    this.#messages = [];
    for (const waiting of this.#waiting) waiting.acquire().release();
    this.#waiting = [];
    if (this.place?.attached === this) this.place.attached = undefined;
    const {peer} = this;
    this.peer = undefined;
    if (peer?.peer === this) {
      peer.peer = undefined;
      peer.changed.wake();
    }
    this.changed.wake();
  }
}
