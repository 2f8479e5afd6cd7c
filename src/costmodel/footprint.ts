/**
 * Where a hypervisor's and the guest kernel's own code and data lie, so that replay can touch a path's lines through the
 * guest's caches. The lines of a build's smallest trap are taken to be shared by all of its paths; what a path touches
 * beyond them is its own.
 */
import {
  isKernelPath,
  localName,
  type ResolvedActivity,
  type ResolvedPath,
  resolveActivities,
  resolvePath,
} from '../hypervisors/load.ts';
import type {Build, Path} from '../hypervisors/path-schema.ts';
import type {HypervisorFile, KernelFile} from '../hypervisors/schema.ts';
import {MEBIBYTE} from '../units.ts';
import type {Machine} from './machine.ts';
import {HOST_TABLE_RESERVE, HYPERVISOR_RESERVE} from './second-stage.ts';
import {GUEST_KERNEL, HYPERVISOR} from './tlb.ts';

const PAGE = 4096;

/** One path of an activity as replay touches it. Line numbers are physical, in units of the cache's lines. */
export interface TouchedPath extends ResolvedPath {
  readonly codeLines: Int32Array;
  readonly dataLines: Int32Array;
  readonly pages: Int32Array;
  /** Whose translations its pages are: {@link GUEST_KERNEL} or {@link HYPERVISOR}. */
  readonly regime: number;
}

export interface TouchedActivity extends ResolvedActivity {
  readonly paths: readonly TouchedPath[];
}

class Image {
  private next: number;
  private readonly codeLine: number;
  private readonly dataLine: number;
  private readonly areas = new Map<string, {code: number; data: number}>();
  private readonly build: Build;

  constructor(build: Build, base: number, machine: Machine) {
    this.build = build;
    this.next = base;
    this.codeLine = 2 ** machine.l1i.lineBits;
    this.dataLine = 2 ** machine.l1d.lineBits;
  }

  /** Lines of a path: the shared ones first, then its own, each area once however often it is asked for. */
  lines(name: string): Pick<TouchedPath, 'codeLines' | 'dataLines' | 'pages'> {
    const shared = this.build.paths[this.build.sharedPath] as Path;
    const own = this.build.paths[name] as Path;
    const common = this.area('shared', shared.code, shared.data);
    const area = this.area(name, own.code - shared.code, own.data - shared.data);
    const code = [
      span(common.code, Math.min(shared.code, own.code), this.codeLine),
      span(area.code, own.code - shared.code, this.codeLine),
    ];
    const data = [
      span(common.data, Math.min(shared.data, own.data), this.dataLine),
      span(area.data, own.data - shared.data, this.dataLine),
    ];
    const codeLines = code.flat();
    const dataLines = data.flat();
    const pages = new Set([
      ...codeLines.map((l) => Math.floor((l * this.codeLine) / PAGE)),
      ...dataLines.map((l) => Math.floor((l * this.dataLine) / PAGE)),
    ]);
    return {
      codeLines: Int32Array.from(codeLines),
      dataLines: Int32Array.from(dataLines),
      pages: Int32Array.from(pages),
    };
  }

  private area(name: string, codeBytes: number, dataBytes: number): {code: number; data: number} {
    let area = this.areas.get(name);
    if (!area) {
      const code = this.next;
      const data = code + aligned(Math.max(codeBytes, 0), this.dataLine);
      this.next = data + aligned(Math.max(dataBytes, 0), this.dataLine);
      area = {code, data};
      this.areas.set(name, area);
    }
    return area;
  }
}

const aligned = (bytes: number, line: number): number => Math.ceil(bytes / line) * line;
const span = (base: number, bytes: number, line: number): number[] =>
  Array.from({length: Math.max(0, Math.ceil(bytes / line))}, (_, i) => base / line + i);

/**
 * Lays out the images below the stage-2 tables at the top of memory, a mebibyte into a 2 MiB block each (at its start lies
 * the page table that replay reads for them). Returns what finds the lines of a path, each the first time behind those before.
 */
const layOut = (hypervisor: HypervisorFile, kernel: KernelFile, machine: Machine) => {
  const top = machine.memoryBase + machine.memorySize - HOST_TABLE_RESERVE;
  const images = new Map<Build, Image>([
    [kernel.build, new Image(kernel.build, top - HYPERVISOR_RESERVE + MEBIBYTE, machine)],
  ]);
  const build = hypervisor.builds[hypervisor.build];
  if (build) images.set(build, new Image(build, top - HYPERVISOR_RESERVE / 2 + MEBIBYTE, machine));
  return (path: ResolvedPath): TouchedPath => ({
    ...path,
    ...(images.get(path.build) as Image).lines(localName(path.name)),
    regime: isKernelPath(path.name) ? GUEST_KERNEL : HYPERVISOR,
  });
};

/** Every activity with the lines of its paths. */
export const touchedActivities = (
  hypervisor: HypervisorFile,
  kernel: KernelFile,
  machine: Machine,
): TouchedActivity[] => {
  const touch = layOut(hypervisor, kernel, machine);
  return resolveActivities(hypervisor, kernel).map(({activity, paths}) => ({activity, paths: paths.map(touch)}));
};

/** The named paths with their lines, which are where {@link touchedActivities} has them, or behind those. */
export const touchedPaths = (
  hypervisor: HypervisorFile,
  kernel: KernelFile,
  machine: Machine,
  names: readonly string[],
): TouchedPath[] => {
  const touch = layOut(hypervisor, kernel, machine);
  for (const {paths} of resolveActivities(hypervisor, kernel)) for (const path of paths) touch(path);
  return names.map((name) => touch(resolvePath(hypervisor, kernel, name)));
};
