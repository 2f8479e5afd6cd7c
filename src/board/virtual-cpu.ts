/** A vCPU as the board drives it. */

export type StopReason =
  /** All of the instructions that it was given are executed. */
  | 'budget'
  /** Waits for an interrupt: WFI. */
  | 'interrupt'
  /** Waits for an event: WFE with the event register clear. */
  | 'event'
  /** It is to stop at once: it was turned off, or the machine ends. */
  | 'halt';

export interface VirtualCpu {
  /** Instructions executed since it was made; right at any time, within a run too. */
  readonly instructions: number;
  /**
   * From reset: Supervisor mode, interrupts masked, MMU and caches off.
   * @param entry with bit 0 when it is Thumb code. @param registers r0 and up.
   */
  start(entry: number, registers: readonly number[]): void;
  /** Executes at most so many instructions. */
  run(budget: number): StopReason;
  /** Makes `run` stop at the end of the instruction. */
  halt(): void;
  /** Sets the event register. */
  setEvent(): void;
  /** Clears it. @returns whether it was set. */
  takeEvent(): boolean;
  /** Mode and registers on a few lines, for people. */
  describe(): string;
}
