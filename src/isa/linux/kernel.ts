/** The state of the emulated kernel: tasks, clocks, timers, files; and how tasks wait. */
import type {Marker} from '../../trace/events.ts';
import type {Cpu} from '../core/cpu.ts';
import {PAGE} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import type {Clock, Time} from './clock.ts';
import {fail} from './errno.ts';
import type {Volume} from './files/node.ts';
import type {AbstractNames} from './files/socket.ts';
import type {Profile} from './load.ts';
import type {Ending, Process, Task} from './task.ts';
import {TimerQueue} from './timers.ts';
import {PendingMaintenance} from './tlb-maintenance.ts';
import {UserMemory} from './user-memory.ts';
import type {Waiting} from './wait.ts';

/** What the kernel asks of its surroundings. */
export interface KernelPort {
  readonly warn: (line: string) => void;
  readonly marker: (marker: Marker) => void;
  /** A signal is handed to a handler. */
  readonly signal: (signal: number) => void;
}

export interface KernelSettings {
  readonly mostTasks: number;
  /** Seconds of CLOCK_REALTIME when the guest starts. */
  readonly epoch: number;
  readonly hostName: string;
  readonly profile: Profile;
}

/** Of the first process. */
export const FIRST_ID = 1000;

export class Kernel {
  readonly cpu: Cpu<Memory>;
  readonly memory: Memory;
  readonly port: KernelPort;
  readonly settings: KernelSettings;
  readonly random: () => number;
  readonly user: UserMemory;
  /** Files that have no name: memfd_create. */
  readonly volume: Volume;
  readonly processes = new Map<number, Process>();
  readonly tasks = new Map<number, Task>();
  readonly timers = new TimerQueue();
  /** What it has invalidated in the TLBs and was not recorded yet. */
  readonly maintenance = new PendingMaintenance();
  readonly abstractNames: AbstractNames = new Map();
  /** Tasks that could run, in the order in which they may. */
  readonly ready: Task[] = [];
  /** Whose registers and memory are in place; undefined when it has ended. */
  running: Task | undefined = undefined;
  /** The running task gives up the rest of its turn. */
  turnOver = false;
  /** How the first process ended. */
  ending: Ending | undefined = undefined;
  /** The process group that a terminal belongs to. */
  foreground = FIRST_ID;
  /** System calls that were not found, each reported once. */
  readonly unknownCalls = new Set<number>();
  readonly #inodes = new WeakMap<object, number>();
  readonly #clock: Clock;
  #nextId = FIRST_ID;

  constructor(parts: {
    readonly cpu: Cpu<Memory>;
    readonly clock: Clock;
    readonly port: KernelPort;
    readonly settings: KernelSettings;
    readonly random: () => number;
    readonly volume: Volume;
  }) {
    this.cpu = parts.cpu;
    this.#clock = parts.clock;
    this.memory = parts.cpu.memory;
    this.port = parts.port;
    this.settings = parts.settings;
    this.random = parts.random;
    this.volume = parts.volume;
    this.user = new UserMemory(this.memory);
    this.memory.onCopy = (page) => this.maintenance.pages(this.memory.space.id, page * PAGE, (page + 1) * PAGE);
  }

  /** The task whose system call is served. */
  get current(): Task {
    return this.running ?? fail('ESRCH');
  }

  /** Nanoseconds since the start. */
  get now(): number {
    return this.#clock.now;
  }

  /** CLOCK_REALTIME. */
  get realTime(): Time {
    return this.#clock.since(this.settings.epoch);
  }

  /** A number for a task. @throws SystemError EAGAIN when there are as many as there may be. */
  newId(): number {
    if (this.tasks.size >= this.settings.mostTasks) fail('EAGAIN');
    return this.#nextId++;
  }

  get lastId(): number {
    return this.#nextId - 1;
  }

  /** Nobody can run: the clock jumps. */
  skipTo(time: number): void {
    this.#clock.skipTo(time);
  }

  makeReady(task: Task): void {
    task.isQueued = true;
    this.ready.push(task);
  }

  /** Advances a call that waits: its result when it ends, undefined while it waits on. */
  advance(
    task: Task,
    waiting: Waiting<number | undefined>,
    isFirst: boolean,
  ): {readonly result: number | undefined} | undefined {
    const step = isFirst ? waiting.next() : waiting.next(task.wakeReason);
    if (step.done) {
      task.waiting = undefined;
      return {result: step.value};
    }
    const {queues, deadline} = step.value;
    task.waiting = waiting;
    task.state = 'waiting';
    task.queues = queues;
    for (const queue of queues) queue.add(task);
    if (deadline !== undefined && deadline !== Number.POSITIVE_INFINITY) {
      task.cancelDeadline = this.timers.add(deadline, () => task.wakeFor('timeout'));
    }
    return undefined;
  }

  /** A number for what has no name: pipes, sockets. */
  newInode(): number {
    return this.volume.nextInode++;
  }

  /** The number of an open file without a node. */
  inodeOf(file: object): number {
    let inode = this.#inodes.get(file);
    if (inode === undefined) {
      inode = this.newInode();
      this.#inodes.set(file, inode);
    }
    return inode;
  }
}
