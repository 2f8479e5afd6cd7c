/** Reads hypervisor files, resolves `extends`, and checks what a schema cannot: that every name has a path behind it. */
import {readdirSync} from 'node:fs';
import {basename} from 'node:path';
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {type FileKind, readExtending} from '../files/extends.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import {listParameters, type NamedParameter} from '../parameters/parameter.ts';
import {checkBuilds} from './check-paths.ts';
import {checkSchedule} from './check-schedule.ts';
import {pageRanges} from './page-regions.ts';
import type {Build, Path} from './path-schema.ts';
import {
  type Activity,
  type HypervisorFile,
  hypervisorFile,
  type KernelFile,
  kernelFile,
  type Stage2,
} from './schema.ts';

const directory = (): string => packagePath('calibration', 'hypervisors');

/** The order of the paper's tables; hypervisors added later follow by name. */
const PAPER_ORDER = ['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen'];

/** A file either stands alone or names another that it changes: `extends: kvm` and the top-level keys that differ. */
const overlayFile = hypervisorFile.partial().extend({extends: z.string()});

export const hypervisorIds = (): string[] => {
  const present = readdirSync(directory())
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .sort();
  return [...PAPER_ORDER.filter((id) => present.includes(id)), ...present.filter((id) => !PAPER_ORDER.includes(id))];
};

export const hypervisorPath = (id: string): string => packagePath('calibration', 'hypervisors', `${id}.yaml`);
export const kernelPath = (): string => packagePath('calibration', 'guest-linux.yaml');

const KIND: FileKind<HypervisorFile, z.infer<typeof overlayFile>> = {
  whole: hypervisorFile,
  overlay: overlayFile,
  ids: hypervisorIds,
  pathOf: hypervisorPath,
  lay: (base, own, said) => {
    const set = Object.entries(own).filter(([key]) => key !== 'extends' && said.includes(key));
    return {...base, ...Object.fromEntries(set)} as HypervisorFile;
  },
};

/** @throws InputError naming the file and what is wrong with it. */
export const readHypervisor = (id: string, path = hypervisorPath(id)): HypervisorFile => {
  const ids = hypervisorIds();
  if (path === hypervisorPath(id) && !ids.includes(id)) {
    throw new InputError(`unknown system under test '${id}'`, {remedy: `choose from ${ids.join(', ')}`});
  }
  const file = readExtending(KIND, path);
  checkHypervisor(file, path);
  return file;
};

/** @throws InputError as {@link readHypervisor}. */
export const readKernel = (): KernelFile => {
  const kernel = readYaml(kernelPath(), kernelFile);
  checkBuilds({[kernel.id]: kernel.build}, kernelPath());
  return kernel;
};

/** @throws InputError naming `file` for what a schema cannot say. */
export const checkHypervisor = (h: HypervisorFile, file: string): void => {
  checkRegions('stage1', h.stage1, file);
  if (h.stage2) checkRegions('stage2', h.stage2, file);
  const active = h.builds[h.build];
  if (!active && h.activities.some((a) => a.paths.some((p) => !isKernelPath(p)))) {
    throw new InputError(`build '${h.build}' is not among its builds`, {
      file,
      remedy: `add it or choose from ${Object.keys(h.builds).join(', ')}`,
    });
  }
  checkBuilds(h.builds, file);
  const kernel = readKernel();
  for (const activity of h.activities) {
    for (const name of activity.paths) {
      const builds = isKernelPath(name) ? {[kernel.id]: kernel.build} : h.builds;
      for (const [id, build] of Object.entries(builds)) {
        if (build.paths[localName(name)]) continue;
        throw new InputError(`activity '${activity.id}' uses path '${name}', which build '${id}' lacks`, {file});
      }
    }
  }
  checkSchedule(h, file);
};

/** What their table formats can map is found out where tables are built. */
const checkRegions = (place: string, {leaf, regions}: HypervisorFile['stage1'] | Stage2, file: string): void => {
  try {
    pageRanges(leaf, regions);
  } catch (error) {
    throw new InputError((error as RangeError).message, {file, place: `${place}.regions`});
  }
};

/** A path that an activity executes, found by its name. */
export interface ResolvedPath {
  /** As the activity names it: 'vtimer-inject', 'linux:tick'. */
  readonly name: string;
  readonly path: Path;
  readonly build: Build;
}

export interface ResolvedActivity {
  readonly activity: Activity;
  readonly paths: readonly ResolvedPath[];
}

const KERNEL_PREFIX = /^linux:/;
export const isKernelPath = (name: string): boolean => KERNEL_PREFIX.test(name);
/** The name of a path within its build. */
export const localName = (name: string): string => name.replace(KERNEL_PREFIX, '');

/** A path of the hypervisor's current build or of the guest kernel. @throws InputError for a name without a path. */
export const resolvePath = (h: HypervisorFile, kernel: KernelFile, name: string): ResolvedPath => {
  const build = isKernelPath(name) ? kernel.build : h.builds[h.build];
  const path = build?.paths[localName(name)];
  if (!build || !path) throw new InputError(`'${h.id}' uses an unknown path '${name}'`);
  return {name, path, build};
};

/** Every activity with the paths that it names. */
export const resolveActivities = (h: HypervisorFile, kernel: KernelFile): ResolvedActivity[] =>
  h.activities.map((activity) => ({activity, paths: activity.paths.map((name) => resolvePath(h, kernel, name))}));

/** Prefix of a system's fitted parameters: systems that run the same build share them. */
export const parameterPrefix = (h: HypervisorFile): string => h.builds[h.build]?.id ?? h.id;

export const hypervisorParameters = (h: HypervisorFile): NamedParameter[] => {
  const used = h.builds[h.build];
  const prefix = parameterPrefix(h);
  return [
    ...h.activities.flatMap((a) => listParameters(`${prefix}.${a.id}.rate`, a.rate)),
    ...(used ? listParameters(`${prefix}.cyclesPerInstruction`, used.cyclesPerInstruction) : []),
    ...listParameters(`${h.id}.scheduler`, h.scheduler),
    ...listParameters(`${h.id}.placement`, h.placement),
    ...listParameters(`${h.id}.stage1.placement`, h.stage1.placement),
  ];
};
