/** Flags that several commands take. */
import {Args, Errors, Flags} from '@oclif/core';
import type {Surroundings} from '../isa/emulator.ts';
import {ENGINES} from '../isa/engine/engine.ts';
import {checkSampling, DEFAULT_SAMPLING, type Sampling} from '../predict/sample-plan.ts';
import {type Bytes, parseSize} from '../units.ts';

const usage = (message: string): never => {
  throw new Errors.CLIError(message);
};

const split = (input: string): readonly string[] => {
  const parts = input.split(',').map((part) => part.trim());
  if (parts.includes('')) usage(`'${input}' is not a list: write for example a,b`);
  return parts;
};

/** `a,b,c` in one word, so that it never swallows an argument. */
export const listFlag = Flags.custom<readonly string[]>({parse: async (input) => split(input)});

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) usage(`'${text}' is not a whole number from 0 to 999999999`);
  return Number(text);
};

export const seedsFlag = Flags.custom<readonly number[]>({
  parse: async (input) => {
    const seeds = split(input).map(wholeNumber);
    return new Set(seeds).size === seeds.length ? seeds : usage(`'${input}' names a seed twice`);
  },
});

/** `id=value` of a calibration parameter. */
export const settingFlag = Flags.custom<readonly [id: string, value: number]>({
  parse: async (input) => {
    const [id, text, ...rest] = input.split('=');
    const value = Number(text);
    if (!id || !text?.trim() || rest.length > 0 || !Number.isFinite(value)) usage(`'${input}' is not KEY=NUMBER`);
    return [id as string, value];
  },
});

export const suts = (required: boolean) =>
  listFlag({
    required,
    helpValue: 'ID[,ID]',
    description: `systems under test, from 'trapwalk hypervisors list'${required ? '' : '; all of them by default'}`,
  });

export const seed = Flags.integer({min: 0, default: 1, description: 'seed of frame placement and cache replacement'});

export const settings = settingFlag({
  multiple: true,
  multipleNonGreedy: true,
  helpValue: 'KEY=NUMBER',
  description: "change a parameter of 'trapwalk parameters'; may be repeated",
});

/** A subject with its arguments, in one word of the shell's. */
export const besideFlag = Flags.custom<readonly [name: string, ...guestArguments: string[]]>({
  helpValue: "'TRACE|GUEST [ARGS]'",
  description:
    'what runs on a second core, again and again, and shares L2 and DRAM; its arguments are separated by spaces',
  parse: async (input) => {
    const [name, ...rest] = input.split(' ').filter((word) => word !== '');
    return name === undefined
      ? usage("'--beside' names nothing: write for example --beside 'stream 1 100000 s s'")
      : [name, ...rest];
  },
});

export const jobs = Flags.integer({min: 1, description: 'worker threads; by default one per CPU'});

const threads = Flags.integer({
  min: 1,
  description: 'threads that replay, by default one per CPU (none for what is short); results do not depend on it',
});

const instructions = Flags.custom<number>({parse: async (input) => wholeNumber(input)});

const samplingFlags = {
  sample: Flags.boolean({
    description: 'replay parts of the trace only, and print estimates with 95% confidence intervals',
  }),
  'sample-unit': instructions({
    helpValue: 'N',
    description: `instructions of a part that is measured; ${DEFAULT_SAMPLING.unit} by default`,
  }),
  'sample-period': instructions({
    helpValue: 'N',
    description: `instructions in which one part is measured; ${DEFAULT_SAMPLING.period} by default`,
  }),
  'sample-warm-up': instructions({
    helpValue: 'N',
    description: `instructions replayed before each part, up to twice as many; ${DEFAULT_SAMPLING.warmUp} by default`,
  }),
  'sample-seed': instructions({
    helpValue: 'N',
    description: `seed of the places of the parts; ${DEFAULT_SAMPLING.seed} by default`,
  }),
};

export interface SamplingValues {
  readonly sample: boolean;
  readonly 'sample-unit'?: number | undefined;
  readonly 'sample-period'?: number | undefined;
  readonly 'sample-warm-up'?: number | undefined;
  readonly 'sample-seed'?: number | undefined;
}

/** Undefined without --sample, which nothing else turns on. @throws InputError for numbers that cannot be. */
export const samplingOf = (values: SamplingValues): Sampling | undefined => {
  const given = (['unit', 'period', 'warm-up', 'seed'] as const).filter(
    (name) => values[`sample-${name}`] !== undefined,
  );
  if (!values.sample) return given.length === 0 ? undefined : usage(`--sample-${given[0]} goes with --sample only`);
  const sampling = {
    unit: values['sample-unit'] ?? DEFAULT_SAMPLING.unit,
    period: values['sample-period'] ?? DEFAULT_SAMPLING.period,
    warmUp: values['sample-warm-up'] ?? DEFAULT_SAMPLING.warmUp,
    seed: values['sample-seed'] ?? DEFAULT_SAMPLING.seed,
  };
  checkSampling(sampling);
  return sampling;
};

export const guestBuild = {
  profile: Flags.option({options: ['v5-soft', 'v7-hf'] as const})({
    description:
      "which build of a guest that comes along; of a program of yours, the processor's features: v7-hf by default",
  }),
  optimization: Flags.string({helpValue: 'O2', description: 'its compiler level'}),
};

/** '256', in MiB, or a size with its unit. */
export const memorySize = Flags.custom<Bytes>({
  parse: async (input) => {
    try {
      const size = parseSize(/^\d+$/.test(input) ? `${input}M` : input);
      return size > 0 ? size : usage(`'${input}' is no memory at all`);
    } catch (error) {
      if (error instanceof RangeError) return usage(error.message);
      throw error;
    }
  },
});

export const maxInstructions = Flags.integer({min: 1, description: 'give up after so many instructions'});

type Bind = NonNullable<Surroundings['binds']>[number];

/** `HOST`, `HOST:GUEST`, either with `:rw` behind it. */
export const parseBind = (text: string): Bind => {
  const writable = text.endsWith(':rw');
  const [host, guest = host, ...rest] = (writable ? text.slice(0, -3) : text).split(':');
  if (!host || !guest?.startsWith('/') || guest === '/' || rest.length > 0)
    usage(`'${text}' is not HOST[:GUEST][:rw], where GUEST is an absolute path`);
  return {host: host as string, guest: guest as string, writable};
};

const variable = (text: string): string => (/^[^=]+=/.test(text) ? text : usage(`'${text}' is not NAME=VALUE`));

/** What surrounds the program of a guest, for every command that executes one. */
export const surroundingFlags = {
  sysroot: Flags.string({
    helpValue: 'DIR',
    description: "the guest's root directory, only read; an absolute path of a program is then one of the guest's",
  }),
  bind: Flags.custom<Bind>({parse: async (input) => parseBind(input)})({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'HOST[:GUEST][:rw]',
    description: 'show a directory to the guest; it may write there with :rw only; may be repeated',
  }),
  env: Flags.custom<string>({parse: async (input) => variable(input)})({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=VALUE',
    description: 'set an environment variable of the guest; may be repeated',
  }),
  cwd: Flags.string({helpValue: 'DIR', description: 'the directory of the guest in which it starts; / by default'}),
};

const vcpu = Flags.integer({
  min: 0,
  description: "the vCPU of a machine's trace to replay; needed where it has several",
});

/** What a machine's guest did, for figures by unit. */
export const unitFlags = {
  units: Flags.integer({
    min: 1,
    helpValue: '40000',
    description: "units of work between the markers of a machine's trace: what it did is shown per unit, too",
  }),
  unit: Flags.string({dependsOn: ['units'], helpValue: 'message', description: 'what such a unit is'}),
};

/** For every command that replays. */
export const replayFlags = {
  seed,
  vcpu,
  set: settings,
  ...guestBuild,
  ...surroundingFlags,
  'max-instructions': maxInstructions,
  threads,
  ...samplingFlags,
};

export interface SurroundingValues {
  readonly sysroot?: string | undefined;
  readonly bind?: readonly Bind[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly cwd?: string | undefined;
}

/** What a user's own program has in its environment; nothing comes from the host. */
export const DEFAULT_ENVIRONMENT: readonly string[] = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/',
  'LANG=C',
];

const nameOf = (assignment: string): string => assignment.slice(0, assignment.indexOf('='));

/** @param isOwn a program of the user's, which gets a small environment; a guest that comes along has none. */
export const surroundingsOf = ({sysroot, bind, env = [], cwd}: SurroundingValues, isOwn: boolean): Surroundings => {
  const given = env.map(nameOf);
  const defaults = isOwn ? DEFAULT_ENVIRONMENT.filter((assignment) => !given.includes(nameOf(assignment))) : [];
  return {
    env: [...defaults, ...env],
    ...(sysroot === undefined ? {} : {sysroot}),
    ...(bind === undefined ? {} : {binds: bind}),
    ...(cwd === undefined ? {} : {cwd}),
  };
};

/** @param what goes to the file. */
export const outputFlag = (what: string) =>
  Flags.string({
    char: 'o',
    required: true,
    helpValue: 'FILE',
    description: `where ${what}; it appears whole or not at all`,
  });

export const vcpuFlag = (description: string) => Flags.integer({min: 0, helpValue: 'N', description});

export const engine = Flags.option({
  options: ENGINES,
  description: 'what executes the guest; it changes the speed only',
});

export const optionalGuestArgument = Args.string({
  name: 'guest',
  description: "a guest of 'trapwalk guests', or the path of an Arm Linux program",
  // oclif would otherwise take it from standard input, which is the guest's.
  ignoreStdin: true,
});

export const machine = Flags.string({
  helpValue: 'MACHINE',
  description: 'the host: one of calibration/machines by its id, or a file in their form, whose name ends in .yaml',
});
