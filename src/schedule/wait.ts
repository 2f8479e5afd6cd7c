/** What a vCPU waits for. */
export interface Wait {
  /** `interrupt`: WFI. `event`: WFE. `order`: what another vCPU did before, as it was recorded. `service`: an emulated access. */
  readonly kind: 'interrupt' | 'event' | 'order' | 'service';
  /** That another vCPU has to come to. */
  readonly edges: readonly number[];
  readonly since: number;
}
