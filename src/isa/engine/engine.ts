/** What executes the guest's instructions; which one changes nothing but the speed. */
export const ENGINES = ['interpret', 'translate'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface Engine {
  /** Instructions executed, those whose condition failed included. */
  readonly instructions: number;
  /**
   * Executes at least `budget` instructions, up to the end of the block that reaches them, or until an SVC, a host call,
   * or a trace buffer above its high mark.
   * @throws GuestFault, UndefinedInstruction, UnmodelledInstruction: the core's `next` is then the culprit's address, and
   * `instructions` counts those before it.
   */
  run(budget: number): void;
}
