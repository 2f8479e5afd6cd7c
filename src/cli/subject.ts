/** The guest that a command works on: one that comes along, or a program of the user's. */
import {existsSync} from 'node:fs';
import {InputError} from '../files/errors.ts';
import {surroundingsOf} from './flags.ts';
import type {GuestProgram, GuestRequest} from './guest-program.ts';

/** What current systems are built for. */
const OWN_PROFILE = 'v7-hf';

const ownProgram = (
  {name, guestArguments, profile, optimization, surroundings = {}}: GuestRequest,
  inRoot: boolean,
): GuestProgram => {
  if (optimization !== undefined)
    throw new InputError('--optimization chooses among builds of a guest that comes along', {
      file: name,
      remedy: 'leave it out',
    });
  return {
    name,
    path: name,
    arguments: guestArguments ?? [],
    profile: profile ?? OWN_PROFILE,
    optimization: undefined,
    surroundings: surroundingsOf(surroundings, true),
    inRoot,
    argumentsFrom: undefined,
  };
};

/**
 * A name without a slash may be that of a guest that comes along.
 * @throws InputError when there is no such guest or file, naming the guests.
 */
export const findGuest = async (request: GuestRequest): Promise<GuestProgram> => {
  const {name, surroundings = {}} = request;
  const inRoot = surroundings.sysroot !== undefined && name.startsWith('/');
  const exists = inRoot || existsSync(name);
  if (exists && name.includes('/')) return ownProgram(request, inRoot);
  const {findCatalogued, isCatalogued} = await import('./catalogued-guest.ts');
  return exists && !isCatalogued(name) ? ownProgram(request, inRoot) : findCatalogued(request);
};

export const describeArguments = (guest: GuestProgram): string | undefined =>
  guest.argumentsFrom === undefined
    ? undefined
    : `${guest.name}: arguments '${guest.arguments.join(' ')}' of ${guest.argumentsFrom}; give others after '--'`;
