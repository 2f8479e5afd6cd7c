/** The guests that come with trapwalk: `guests/catalogue.yaml`. */
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';

const build = z.strictObject({
  profile: z.enum(['v5-soft', 'v7-hf']),
  optimization: z.enum(['O0', 'O0-register', 'O1', 'O2', 'O2-no-inline', 'O3']),
  /** Path below `guests/`. */
  elf: z.string(),
  /** Measured with qemu-arm: instructions from one unit of work to the next; null where the kernel executes most of them. */
  instructionsPerUnit: z.number().nullable(),
});
export type GuestBuild = z.infer<typeof build>;

const guest = z.strictObject({
  id: z.string(),
  description: z.string(),
  arguments: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      /** Of a guest that no benchmark says the arguments of. */
      default: z.string().optional(),
    }),
  ),
  unit: z.string(),
  marks: z.string(),
  builds: z.array(build).min(1),
});
export type Guest = z.infer<typeof guest>;

export const cataloguePath = (): string => packagePath('guests', 'catalogue.yaml');
export const readCatalogue = (): readonly Guest[] => readYaml(cataloguePath(), z.array(guest));

export interface GuestChoice {
  readonly guest: Guest;
  readonly build: GuestBuild;
  /** Absolute path of the ELF file. */
  readonly path: string;
}

/**
 * Finds a build; without profile or optimization the first that fits.
 * @throws InputError naming the choices.
 */
export const chooseGuest = (id: string, profile?: string, optimization?: string): GuestChoice => {
  const all = readCatalogue();
  const found = all.find((g) => g.id === id);
  if (!found)
    throw new InputError(`unknown guest '${id}'`, {
      remedy: `choose from ${all.map((g) => g.id).join(', ')}, or give the path of an ELF file`,
    });
  const fitting = found.builds.find(
    (b) =>
      (profile === undefined || b.profile === profile) &&
      (optimization === undefined || b.optimization === optimization),
  );
  if (!fitting) {
    const choices = found.builds.map((b) => `${b.profile} ${b.optimization}`).join(', ');
    throw new InputError(`guest '${id}' has no build ${[profile, optimization].filter(Boolean).join(' ')}`, {
      remedy: `choose from ${choices}`,
    });
  }
  return {guest: found, build: fitting, path: packagePath('guests', fitting.elf)};
};
