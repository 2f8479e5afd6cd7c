/** Guests that come along. Apart from subject.ts, which loads it for such a guest only: a user's program needs no YAML. */
import {InputError} from '../files/errors.ts';
import {readBenchmarks} from '../predict/benchmarks.ts';
import {tinymembenchArguments} from '../predict/tinymembench.ts';
import {chooseGuest, type Guest, readCatalogue} from '../tracegen/catalogue.ts';
import {surroundingsOf} from './flags.ts';
import type {GuestProgram, GuestRequest} from './guest-program.ts';

export const isCatalogued = (name: string): boolean => readCatalogue().some(({id}) => id === name);

interface DefaultArguments {
  /** Who says so. */
  readonly from: string;
  readonly values: readonly string[];
}

/** Arguments that the catalogue gives, or of the middle run of the first benchmark that uses this guest, or of a validation. */
export const defaultArguments = ({id: guest, arguments: all}: Guest): DefaultArguments => {
  const values = all.flatMap((argument) => argument.default ?? []);
  if (values.length === all.length) return {from: 'the catalogue', values};
  const benchmark = readBenchmarks().find((one) => one.guest === guest);
  const run = benchmark?.runs[Math.floor(benchmark.runs.length / 2)];
  const validation = tinymembenchArguments(guest);
  if (validation !== undefined) return {from: 'benchmark validate tinymembench', values: validation};
  if (benchmark === undefined || run === undefined) {
    throw new InputError(`no benchmark says which arguments guest '${guest}' takes`, {remedy: "give them after '--'"});
  }
  return {from: `benchmark ${benchmark.id}`, values: run.arguments};
};

/** @throws InputError when there is no such guest or build, naming the choices. */
export const findCatalogued = ({
  name,
  guestArguments,
  profile,
  optimization,
  surroundings = {},
}: GuestRequest): GuestProgram => {
  const {guest, build, path} = chooseGuest(name, profile, optimization);
  const chosen = {
    name,
    path,
    profile: build.profile,
    optimization: build.optimization,
    surroundings: surroundingsOf(surroundings, false),
    inRoot: false,
  };
  if (guestArguments) return {...chosen, arguments: guestArguments, argumentsFrom: undefined};
  const {from, values} = defaultArguments(guest);
  return {...chosen, arguments: values, argumentsFrom: from};
};
