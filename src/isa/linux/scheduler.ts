/**
 * Which task runs, and for how long: round robin, in turns of a fixed number of instructions. A turn ends at the first
 * block boundary at or after its end, whatever portions the caller asks for; so do the waits of timers.
 */
import {GuestFault, UndefinedInstruction} from '../core/errors.ts';
import type {Engine} from '../engine/engine.ts';
import {OutOfGuestMemory} from '../memory/frames.ts';
import {endProcess} from './endings.ts';
import {faultSignal} from './faults.ts';
import type {Kernel} from './kernel.ts';
import {deliverSignals} from './signal-delivery.ts';
import {forceSignal, sendToProcess} from './signal-sending.ts';
import {SI_KERNEL, SIGKILL, SIGPROF, SIGVTALRM} from './signals.ts';
import {callSystem, resumeCall} from './system-calls.ts';
import type {Process, Task} from './task.ts';
import {callUserHelper, isUserHelper} from './user-helpers.ts';

/** Instructions of a turn. */
const TURN = 1_000_000;

/** All tasks wait, and nothing can happen any more. */
export class GuestDeadlock extends Error {
  constructor(tasks: readonly Task[]) {
    const list = tasks.map(({id, name, call}) => `${id} (${name}) in ${call?.name ?? 'a stop'}`);
    const shown = list.slice(0, 4).join(', ') + (list.length > 4 ? ', …' : '');
    super(`every task of the guest waits for ever: ${shown}`);
    this.name = 'GuestDeadlock';
  }
}

export interface SchedulerPort {
  /** The task that runs from now on; its memory is in place. */
  readonly onRun: (task: Task) => void;
  readonly onSystemCall: (number: number) => void;
}

export class Scheduler {
  readonly #kernel: Kernel;
  readonly #engine: Engine;
  readonly #port: SchedulerPort;
  #turnLeft = 0;

  constructor(kernel: Kernel, engine: Engine, port: SchedulerPort) {
    this.#kernel = kernel;
    this.#engine = engine;
    this.#port = port;
  }

  /**
   * Advances the guest by at most `budget` instructions (up to a block's end).
   * @throws UnmodelledInstruction, GuestDeadlock
   */
  step(budget: number): void {
    const kernel = this.#kernel;
    kernel.timers.fireUntil(kernel.now);
    const task = this.#choose();
    try {
      if (task.waiting !== undefined) resumeCall(kernel, task);
      if (task.state !== 'ready' || !deliverSignals(kernel, task) || task.process.isStopped) return;
      this.#execute(task, budget);
    } catch (error) {
      if (!(error instanceof OutOfGuestMemory)) throw error;
      kernel.cpu.supervisorCall = undefined;
      kernel.port.warn(`task ${task.id} (${task.name}) ends by SIGKILL: ${error.message}`);
      endProcess(kernel, task.process, {signal: SIGKILL});
    }
  }

  #execute(task: Task, budget: number): void {
    const kernel = this.#kernel;
    const {cpu} = kernel;
    const portion = Math.min(budget, this.#turnLeft, kernel.timers.next - kernel.now, ownTime(task.process));
    this.#port.onRun(task);
    try {
      this.#run(task, Math.max(1, portion));
      const instruction = cpu.supervisorCall;
      if (instruction !== undefined) {
        cpu.supervisorCall = undefined;
        this.#port.onSystemCall(cpu.r[7]!);
        callSystem(kernel, task, instruction);
      } else if (isUserHelper(cpu.next)) callUserHelper(cpu);
    } catch (error) {
      if (!(error instanceof GuestFault) && !(error instanceof UndefinedInstruction)) throw error;
      cpu.exclusiveSize = 0;
      forceSignal(task, faultSignal(kernel, error));
    }
  }

  #run(task: Task, portion: number): void {
    const before = this.#engine.instructions;
    try {
      this.#engine.run(portion);
    } finally {
      this.#account(task, this.#engine.instructions - before);
    }
  }

  #account(task: Task, executed: number): void {
    this.#turnLeft -= executed;
    task.executed += executed;
    const {process} = task;
    process.executed += executed;
    for (const [index, signal] of [
      [1, SIGVTALRM],
      [2, SIGPROF],
    ] as const) {
      const timer = process.timers[index];
      if (process.executed < timer.next) continue;
      timer.next = timer.interval === 0 ? Number.POSITIVE_INFINITY : timer.next + timer.interval;
      sendToProcess(this.#kernel, process, {signal, code: SI_KERNEL, words: []});
    }
  }

  /** The task in place if its turn lasts, else the next one; if there is none, time passes. */
  #choose(): Task {
    const kernel = this.#kernel;
    const {running, ready} = kernel;
    if (running?.state === 'ready' && !running.isQueued) {
      if (running.process.isStopped) running.state = 'stopped';
      else if (this.#turnLeft > 0 && !kernel.turnOver) return running;
      else kernel.makeReady(running);
    }
    for (;;) {
      const next = ready.shift();
      if (next === undefined) {
        const time = kernel.timers.next;
        if (time === Number.POSITIVE_INFINITY) throw new GuestDeadlock([...kernel.tasks.values()]);
        kernel.skipTo(time);
        kernel.timers.fireUntil(kernel.now);
        continue;
      }
      next.isQueued = false;
      if (next.state !== 'ready') continue;
      if (next.process.isStopped) {
        next.state = 'stopped';
        continue;
      }
      this.#turnLeft = TURN;
      kernel.turnOver = false;
      this.#switchTo(next);
      return next;
    }
  }

  #switchTo(task: Task): void {
    const kernel = this.#kernel;
    const {cpu, memory, running} = kernel;
    if (running === task) return;
    if (running !== undefined) running.registers = cpu.saveContext();
    cpu.restoreContext(task.registers);
    cpu.exclusiveSize = 0;
    memory.switchTo(task.map.space);
    kernel.running = task;
  }
}

/** Until a timer of the process's own time is due. */
const ownTime = ({timers, executed}: Process): number => Math.min(timers[1].next, timers[2].next) - executed;
