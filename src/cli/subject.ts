/** What a command works on: a guest that comes along, an ELF file, or (for replay) a stored trace, told by its first bytes. */
import {closeSync, existsSync, openSync, readSync} from 'node:fs';
import {InputError, systemReason} from '../files/errors.ts';
import type {Surroundings} from '../isa/emulator.ts';
import {readBenchmarks} from '../predict/benchmarks.ts';
import {loadCalibration} from '../predict/calibration.ts';
import {checkTrace} from '../trace/check.ts';
import {MAGIC} from '../trace/container.ts';
import {openTrace, type StoredTrace} from '../trace/read.ts';
import {chooseGuest, type GuestBuild, readCatalogue} from '../tracegen/catalogue.ts';
import {type SurroundingValues, surroundingsOf} from './flags.ts';

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

/** Arguments of the middle run of the first benchmark that uses this guest. */
export const benchmarkArguments = (guest: string): {readonly benchmark: string; readonly values: readonly string[]} => {
  const benchmark = readBenchmarks().find((one) => one.guest === guest);
  const run = benchmark?.runs[Math.floor(benchmark.runs.length / 2)];
  if (benchmark === undefined || run === undefined) {
    throw new InputError(`no benchmark says which arguments guest '${guest}' takes`, {remedy: "give them after '--'"});
  }
  return {benchmark: benchmark.id, values: run.arguments};
};

/** What current systems are built for. */
const OWN_PROFILE = 'v7-hf';

/** @throws InputError when there is no such guest or file, naming the guests. */
export const findGuest = ({
  name,
  guestArguments,
  profile,
  optimization,
  surroundings = {},
}: GuestRequest): GuestProgram => {
  const isCatalogued = readCatalogue().some(({id}) => id === name);
  const inRoot = surroundings.sysroot !== undefined && name.startsWith('/');
  if (!isCatalogued && (inRoot || existsSync(name))) {
    if (optimization !== undefined)
      throw new InputError('--optimization chooses among builds of a guest that comes along', {
        file: name,
        remedy: 'leave it out',
      });
    const own = {
      profile: profile ?? OWN_PROFILE,
      optimization: undefined,
      argumentsFrom: undefined,
      surroundings: surroundingsOf(surroundings, true),
      inRoot,
    };
    return {name, path: name, arguments: guestArguments ?? [], ...own};
  }
  const {build, path} = chooseGuest(name, profile, optimization);
  const {profile: itsProfile, optimization: itsOptimization} = build;
  const chosen = {
    name,
    path,
    profile: itsProfile,
    optimization: itsOptimization,
    surroundings: surroundingsOf(surroundings, false),
    inRoot: false,
  };
  if (guestArguments) return {...chosen, arguments: guestArguments, argumentsFrom: undefined};
  const {benchmark, values} = benchmarkArguments(name);
  return {...chosen, arguments: values, argumentsFrom: `benchmark ${benchmark}`};
};

export const describeArguments = (guest: GuestProgram): string | undefined =>
  guest.argumentsFrom === undefined
    ? undefined
    : `${guest.name}: arguments '${guest.arguments.join(' ')}' of ${guest.argumentsFrom}; give others after '--'`;

/** Does the file start as a stored trace does? False for what cannot be opened: whoever opens it next says why. */
export const isTrace = (path: string): boolean => {
  if (!existsSync(path)) return false;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const start = Buffer.alloc(MAGIC.length);
    return readSync(file, start, 0, start.length, 0) === start.length && start.equals(MAGIC);
  } catch (error) {
    throw new InputError(`cannot read (${systemReason(error)})`, {file: path, remedy: 'name a guest or a trace'});
  } finally {
    closeSync(file);
  }
};

/** Opens a stored trace and checks every record: what reads it next believes them. @throws InputError naming the first fault. */
export const openChecked = (path: string): StoredTrace => {
  const trace = openTrace(path);
  const [first] = checkTrace(trace);
  if (first !== undefined) {
    trace.close();
    const place = first.record < 0 ? 'block table' : `record ${first.record}`;
    throw new InputError(`breaks rule '${first.rule}': ${first.message}`, {
      file: path,
      place,
      remedy: `'trapwalk trace validate ${path}' lists the rest; record it again`,
    });
  }
  trace.seek(0);
  return trace;
};

/** Bytes of a data line of the default machine. */
export const lineSize = (): number => loadCalibration().machineFile.caches.l1d.line.value;
