import type {Vcpu} from './vcpu.ts';

/** The recording and the schedule have no way on. */
export class Deadlock extends Error {
  override readonly name = 'Deadlock';
}

/** Who waits for what. */
export const stuck = (vcpus: readonly Vcpu[]): string => {
  const waits = vcpus.map(
    ({name, state, wait}) =>
      `${name} is ${state}${wait ? `, waits for ${wait.kind} (edges ${wait.edges.join(', ') || 'none'})` : ''}`,
  );
  return `nothing can go on: ${waits.join('; ')}`;
};
