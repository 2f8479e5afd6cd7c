/** A guest that a command executes, and how the user asked for it. */
import type {Surroundings} from '../isa/emulator.ts';
import type {GuestBuild} from '../tracegen/catalogue.ts';
import type {SurroundingValues} from './flags.ts';

export interface GuestProgram {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  readonly arguments: readonly string[];
  /** Which build; of a file of the user's, what the processor announces. */
  readonly profile: GuestBuild['profile'];
  readonly optimization: GuestBuild['optimization'] | undefined;
  readonly surroundings: Surroundings;
  /** `path` names a file of the guest's root. */
  readonly inRoot: boolean;
  /** Where the arguments come from, when the user gave none. */
  readonly argumentsFrom: string | undefined;
}

export interface GuestRequest {
  readonly name: string;
  readonly guestArguments: readonly string[] | undefined;
  readonly profile?: GuestBuild['profile'] | undefined;
  readonly optimization?: string | undefined;
  readonly surroundings?: SurroundingValues | undefined;
}
