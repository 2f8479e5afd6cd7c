/** Guests that come along. Apart from subject.ts, which loads it for such a guest only: a user's program needs no YAML. */
import {InputError} from '../files/errors.ts';
import {readBenchmarks} from '../predict/benchmarks.ts';
import {tinymembenchArguments} from '../predict/tinymembench.ts';
import {chooseGuest, readCatalogue} from '../tracegen/catalogue.ts';
import {surroundingsOf} from './flags.ts';
import type {GuestProgram, GuestRequest} from './guest-program.ts';

export const isCatalogued = (name: string): boolean => readCatalogue().some(({id}) => id === name);

/** Arguments of the middle run of the first benchmark that uses this guest, or of a validation. */
export const benchmarkArguments = (guest: string): {readonly benchmark: string; readonly values: readonly string[]} => {
  const benchmark = readBenchmarks().find((one) => one.guest === guest);
  const run = benchmark?.runs[Math.floor(benchmark.runs.length / 2)];
  const validation = tinymembenchArguments(guest);
  if (validation !== undefined) return {benchmark: 'validate tinymembench', values: validation};
  if (benchmark === undefined || run === undefined) {
    throw new InputError(`no benchmark says which arguments guest '${guest}' takes`, {remedy: "give them after '--'"});
  }
  return {benchmark: benchmark.id, values: run.arguments};
};

/** @throws InputError when there is no such guest or build, naming the choices. */
export const findCatalogued = ({
  name,
  guestArguments,
  profile,
  optimization,
  surroundings = {},
}: GuestRequest): GuestProgram => {
  const {build, path} = chooseGuest(name, profile, optimization);
  const chosen = {
    name,
    path,
    profile: build.profile,
    optimization: build.optimization,
    surroundings: surroundingsOf(surroundings, false),
    inRoot: false,
  };
  if (guestArguments) return {...chosen, arguments: guestArguments, argumentsFrom: undefined};
  const {benchmark, values} = benchmarkArguments(name);
  return {...chosen, arguments: values, argumentsFrom: `benchmark ${benchmark}`};
};
