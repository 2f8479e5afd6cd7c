import {CpuAccount} from './accounts.ts';
import type {HostCore} from './host-core.ts';
import type {Entity} from './vcpu.ts';

/** What reaches a host CPU at a time. */
export type Message =
  /** `wake`: the vCPU need not wait any more. `timer`: nor does this one, for its timer is due. `kick`: an SGI for it while it runs. */
  | {readonly time: number; readonly kind: 'wake' | 'timer' | 'kick' | 'serve'; readonly who: Entity}
  /** Somebody waits for another host CPU. */
  | {readonly time: number; readonly kind: 'offer'};

/** What a host CPU does again and again. */
export interface Periodic {
  readonly reason: string;
  readonly period: number;
  next: number;
  readonly paths: readonly number[];
  /** Only while it runs something. */
  readonly isBusyOnly: boolean;
}

export class HostCpu {
  readonly index: number;
  readonly core: HostCore;
  readonly account = new CpuAccount();
  readonly periodic: readonly Periodic[];
  readonly #inbox: Message[] = [];
  current: Entity | undefined;
  /** Since when it runs, in this slice. */
  since = 0;
  /** Up to when the scheduler knows of that. */
  charged = 0;
  /** An offer is on its way. */
  isOffered = false;

  /** Of the guest's own cycles, as they were read last. */
  readonly metrics: Float64Array;

  constructor(index: number, core: HostCore, periodic: readonly Periodic[], metrics: readonly number[]) {
    this.metrics = new Float64Array(metrics.length);
    core.read(metrics, this.metrics);
    this.index = index;
    this.core = core;
    this.periodic = periodic;
  }

  get time(): number {
    return this.core.time;
  }

  post(message: Message): void {
    const at = this.#inbox.findIndex(({time}) => time > message.time);
    if (at < 0) this.#inbox.push(message);
    else this.#inbox.splice(at, 0, message);
  }

  /** The next message that is due. */
  receive(): Message | undefined {
    const first = this.#inbox[0];
    return first && first.time <= this.time ? this.#inbox.shift() : undefined;
  }

  /** When something comes next that it has to see. */
  get nextEvent(): number {
    let next = this.#inbox[0]?.time ?? Number.POSITIVE_INFINITY;
    for (const {next: due, isBusyOnly} of this.periodic)
      if (due < next && (this.current !== undefined || !isBusyOnly)) next = due;
    return next;
  }
}
