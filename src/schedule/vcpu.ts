import type {MachineSpaces} from '../costmodel/spaces.ts';
import {KERNEL, VcpuAccount, type VcpuState} from './accounts.ts';
import type {GuestTimer} from './guest-timer.ts';
import type {Schedulable} from './policy.ts';
import type {Cursor} from './streams.ts';
import type {Wait} from './wait.ts';

export class Vcpu implements Schedulable {
  readonly kind = 'vcpu';
  readonly id: number;
  readonly name: string;
  cpu: number;
  readonly cursor: Cursor;
  readonly spaces: MachineSpaces;
  readonly timer: GuestTimer;
  readonly account = new VcpuAccount();
  /** Address space that it was in when it left a CPU. */
  space = 0;
  mode = KERNEL;
  state: VcpuState | 'over' = 'ready';
  /** Since when it is in this state. */
  since = 0;
  wait: Wait | undefined;
  /** Edges of the order that it waits for together with the lock whose ticket it takes. */
  owed: number[] = [];
  /** An event that was found behind a wait that was none, and has not happened yet. */
  behind: {readonly kind: number; readonly words: Uint32Array; readonly at: number} | undefined;
  /** The interrupt that it will take next was paid for as it was woken. */
  isTimerPaid = false;
  hasBegun = false;

  constructor(id: number, cpu: number, cursor: Cursor, spaces: MachineSpaces, timer: GuestTimer) {
    this.id = id;
    this.name = `vCPU ${id}`;
    this.cpu = cpu;
    this.cursor = cursor;
    this.spaces = spaces;
    this.timer = timer;
  }

  /** It changes its state at `now`; what it was in until then is counted. */
  become(state: VcpuState | 'over', now: number): void {
    if (this.state !== 'over') {
      const passed = now - this.since;
      this.account.states[this.state] += passed;
      if (this.state === 'ready') this.account.longestReady = Math.max(this.account.longestReady, passed);
    }
    this.state = state;
    this.since = now;
  }
}

/** Executes for vCPUs that wait for it, one request after the other. */
export class Service implements Schedulable {
  readonly kind = 'service';
  readonly id: number;
  readonly name: string;
  cpu = 0;
  isWaiting = true;
  /** Since when it is ready, if it is. */
  since = 0;
  readonly requests: {
    readonly vcpu: Vcpu;
    readonly reason: string;
    readonly paths: readonly number[];
    readonly time: number;
  }[] = [];

  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }
}

/** A vCPU of another guest that always has something to do. */
export class Neighbour implements Schedulable {
  readonly kind = 'neighbour';
  readonly id: number;
  readonly name: string;
  cpu: number;
  /** Since when it is ready, if it is. */
  since: number;

  constructor(id: number, cpu: number, since: number) {
    this.id = id;
    this.since = since;
    this.name = `neighbour on host CPU ${cpu}`;
    this.cpu = cpu;
  }
}

export type Entity = Vcpu | Service | Neighbour;
