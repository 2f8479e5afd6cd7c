/** Flags that several commands take. */
import {Args, Errors, Flags} from '@oclif/core';

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

export const jobs = Flags.integer({min: 1, description: 'worker threads; by default one per CPU'});

export const guestBuild = {
  profile: Flags.option({options: ['v5-soft', 'v7-hf'] as const})({
    description: 'which build of a guest that comes along',
  }),
  optimization: Flags.string({helpValue: 'O2', description: 'its compiler level'}),
};

export const maxInstructions = Flags.integer({min: 1, description: 'give up after so many instructions'});

export const guestArgument = Args.string({
  required: true,
  name: 'guest',
  description: "a guest of 'trapwalk guests', or the path of a static ARM Linux ELF file",
});
