/** What the schema of paths cannot say: that steps are in order and have no more than their path, and that parts add up. */
import {InputError, type InputErrorOptions} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import type {Build, Part, Path, Step} from './path-schema.ts';

type Builds = Readonly<Record<string, Build>>;

/** Of what a path counts, its steps may leave some to no step in particular, but not have more. */
const checkShares = (path: Path, options: InputErrorOptions): void => {
  const shares = [
    ['device', path.device, (s: Step) => s.accesses],
    ['systemRegisters', path.systemRegisters, (s: Step) => s.systemRegisters],
  ] as const;
  for (const [what, all, ofStep] of shares) {
    const claimed = path.steps.reduce((sum, step) => sum + ofStep(step), 0);
    if (claimed > all)
      throw new InputError(`its steps have ${claimed} of ${all} in '${what}'`, {
        ...options,
        remedy: 'correct the steps or the count',
      });
  }
};

const find = <T>(all: Readonly<Record<string, T>>, name: string, what: string, options: InputErrorOptions): T => {
  const found = all[name];
  if (found !== undefined) return found;
  const guess = nearest(name, Object.keys(all));
  throw new InputError(`there is no ${what} '${name}'`, {
    ...options,
    remedy: guess === undefined ? `choose from ${Object.keys(all).join(', ')}` : `did you mean '${guess}'?`,
  });
};

const checkOffset = (path: Path, name: string, at: number, options: InputErrorOptions): void => {
  const offsets = [0, ...path.steps.map((step) => step.at), path.instructions];
  const isKnown = path.steps.length === 0 ? at <= path.instructions : offsets.includes(at);
  if (!isKnown)
    throw new InputError(`no step of '${name}' starts at ${at}`, {
      ...options,
      remedy: `choose from ${offsets.join(', ')}`,
    });
};

/** Instructions of a part, not rounded. */
const instructionsOf = (part: Part, own: Build, builds: Builds, options: InputErrorOptions): number => {
  if ('add' in part) return part.add;
  const name = 'of' in part ? part.of : part.less;
  const build = part.build === undefined ? own : find(builds, part.build, 'build', options);
  const path = find(build.paths, name, 'path', options);
  const {from = 0, to = path.instructions, as} = part;
  for (const at of [from, to]) checkOffset(path, name, at, options);
  if (from >= to) throw new InputError(`'${name}' from ${from} to ${to} is empty`, options);
  const [here, there] = [own, build].map(({paths}) =>
    as === undefined ? 1 : find(paths, as, 'path', options).instructions,
  ) as [number, number];
  return ((to - from) * here * ('of' in part ? 1 : -1)) / there;
};

const checkParts = (path: Path, own: Build, builds: Builds, options: InputErrorOptions): void => {
  const {parts, rounded = 0, instructions} = path;
  if (parts === undefined) {
    if (path.rounded === undefined) return;
    throw new InputError("'rounded' says how far parts may miss the instructions, but there are none", options);
  }
  const sum = Math.round(parts.reduce((total, part) => total + instructionsOf(part, own, builds, options), 0));
  if (Math.abs(sum - instructions) > rounded)
    throw new InputError(`its parts add up to ${sum} instructions, not to ${instructions}`, {
      ...options,
      remedy: "correct them, or say in 'rounded' by how much they may differ",
    });
};

const checkBuild = (build: Build, builds: Builds, place: string, file: string): void => {
  if (!build.paths[build.sharedPath])
    throw new InputError(`sharedPath '${build.sharedPath}' is not a path`, {file, place});
  for (const [name, path] of Object.entries(build.paths)) {
    const options = {file, place: `${place}.${name}`};
    const offsets = path.steps.map((s) => s.at);
    const ordered = offsets.every((at, i) => at < path.instructions && (i === 0 || at > (offsets[i - 1] as number)));
    if (!ordered) throw new InputError('steps must start at increasing offsets below the instruction count', options);
    checkShares(path, options);
    checkParts(path, build, builds, {file, place: `${place}.${name}.parts`});
  }
};

/** @throws InputError naming `file`, build and path. */
export const checkBuilds = (builds: Builds, file: string): void => {
  for (const [id, build] of Object.entries(builds)) checkBuild(build, builds, `builds.${id}`, file);
};
