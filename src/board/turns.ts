/** How the vCPUs of a machine take turns. */
export interface Turns {
  /** Units of guest time that a turn lasts at most. */
  readonly quantum: number;
  /** Time passes for all vCPUs while one runs, and one that waits ends its turn; otherwise all run at once. */
  readonly sharesCpu: boolean;
}
