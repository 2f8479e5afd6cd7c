/**
 * A schedule as a file of Chrome's trace events (JSON), which https://ui.perfetto.dev opens: a thread for each host CPU, with who had it and the
 * hypervisor's paths; for each vCPU one of its states and one of what it waited for. Format: "Trace Event Format", Chromium's documentation of
 * trace viewers. Events go to the file as they come.
 */
import {AtomicFile} from '../files/write.ts';
import type {ScheduleObserver} from '../schedule/options.ts';

export interface TimelineOptions {
  readonly path: string;
  readonly hostCpus: number;
  readonly vcpus: number;
  readonly clockHz: number;
  /** Events that are written at most; the rest is counted. */
  readonly limit: number;
  /** What the file is of, for who opens it. */
  readonly about: Readonly<Record<string, string | number>>;
}

const HOST = 1;
const GUEST = 2;
/** Characters that are kept before they are written. */
const BUFFER = 1 << 16;

export class Timeline implements ScheduleObserver {
  readonly #file: AtomicFile;
  readonly #options: TimelineOptions;
  #text = '';
  #isFirst = true;
  #written = 0;
  #dropped = 0;
  /** By vCPU, what it waited for last and until when. */
  readonly #lastWait: (readonly [what: string, until: number] | undefined)[] = [];

  /** @throws InputError when the place cannot be written. */
  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#file = new AtomicFile(options.path);
    this.#text = '{"displayTimeUnit":"ns","traceEvents":[';
    this.#name(HOST, 'host CPUs', options.hostCpus, (cpu) => `host CPU ${cpu}`);
    this.#name(GUEST, 'vCPUs', 2 * options.vcpus, (thread) => {
      const vcpu = `vCPU ${Math.floor(thread / 2)}`;
      return thread % 2 === 0 ? vcpu : `${vcpu} waits for`;
    });
  }

  /** Events that the limit left out. */
  get dropped(): number {
    return this.#dropped;
  }

  ran(cpu: number, who: string, from: number, to: number): void {
    this.#slice(HOST, cpu, who, from, to);
  }

  path(cpu: number, reason: string, from: number, to: number): void {
    this.#slice(HOST, cpu, reason, from, to);
  }

  waited(vcpu: number, what: string, from: number, to: number): void {
    this.#lastWait[vcpu] = [what, to];
    this.#slice(GUEST, 2 * vcpu + 1, what, from, to);
  }

  was(vcpu: number, state: string, from: number, to: number): void {
    const [what, until] = this.#lastWait[vcpu] ?? ['', Number.NEGATIVE_INFINITY];
    const isWait = state === 'blocked' && until > from;
    this.#slice(GUEST, 2 * vcpu, isWait ? `blocked: ${what}` : state, from, to);
  }

  released(): void {}

  passed(): void {}

  began(at: number): void {
    const ts = this.#nanoseconds(at) / 1000;
    this.#event({name: 'the measurement begins', ph: 'i', s: 'g', pid: HOST, tid: 0, ts});
  }

  /** Gives the file its name. */
  commit(): void {
    const {about} = this.#options;
    this.#text += `\n],"otherData":${JSON.stringify({...about, leftOut: this.#dropped})}}\n`;
    this.#flush();
    this.#file.commit();
  }

  discard(): void {
    this.#file.discard();
  }

  #name(pid: number, process: string, threads: number, nameOf: (thread: number) => string): void {
    this.#append({name: 'process_name', ph: 'M', pid, args: {name: process}});
    for (let tid = 0; tid < threads; tid++) {
      this.#append({name: 'thread_name', ph: 'M', pid, tid, args: {name: nameOf(tid)}});
      this.#append({name: 'thread_sort_index', ph: 'M', pid, tid, args: {sort_index: tid}});
    }
  }

  /** Whole nanoseconds, rounded where they begin and where they end: what touched or nested still does. */
  #nanoseconds(cycles: number): number {
    return Math.round((cycles * 1e9) / this.#options.clockHz);
  }

  #slice(pid: number, tid: number, name: string, from: number, to: number): void {
    const start = this.#nanoseconds(from);
    const duration = this.#nanoseconds(to) - start;
    if (duration > 0) this.#event({name, ph: 'X', pid, tid, ts: start / 1000, dur: duration / 1000});
  }

  #event(event: object): void {
    if (this.#written >= this.#options.limit) {
      this.#dropped++;
      return;
    }
    this.#written++;
    this.#append(event);
  }

  #append(event: object): void {
    this.#text += `${this.#isFirst ? '' : ','}\n${JSON.stringify(event)}`;
    this.#isFirst = false;
    if (this.#text.length >= BUFFER) this.#flush();
  }

  #flush(): void {
    this.#file.write(this.#text);
    this.#text = '';
  }
}
