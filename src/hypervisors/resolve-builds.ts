/** Gives each path of a file the kind, source and steps that it leaves to its build, its parts, or the build that its own is like. */
import type {z} from 'zod';
import type {Build, BuildInFile, Part, Path, PathInFile, Step} from './path-schema.ts';

type Builds = Readonly<Record<string, BuildInFile>>;
type Context = z.core.$RefinementCtx;

/** Offsets in proportion to the instructions of two builds of the same code. */
const scaled = (steps: readonly Step[], from: number, to: number): Step[] => {
  let before = 0;
  return steps.map((step) => {
    before = Math.max(before + 1, Math.round((step.at * to) / from));
    return {...step, at: before};
  });
};

const lengthOf = (part: Part, paths: BuildInFile['paths']): number => {
  if ('add' in part) return part.add;
  const whole = 'of' in part ? (paths[part.of]?.instructions ?? 0) : 0;
  return (part.to ?? whole) - (part.from ?? 0);
};

/** Steps of a path that is other paths' stretches in a row; undefined where it is more than that, or nobody says their steps. */
const stepsOfParts = (
  parts: readonly Part[],
  paths: BuildInFile['paths'],
  seen: readonly string[],
): Step[] | undefined => {
  const steps: Step[] = [];
  let position = 0;
  for (const part of parts) {
    if ('less' in part || ('of' in part && (part.as !== undefined || part.build !== undefined))) return undefined;
    if ('add' in part)
      steps.push({at: Math.max(1, position), do: part.for, accesses: 0, systemRegisters: 0, in: 'hypervisor'});
    else {
      const path = paths[part.of];
      const own = path && !seen.includes(part.of) ? stepsOf(path, paths, [...seen, part.of]) : undefined;
      if (own === undefined) return undefined;
      const {from = 0, to = path!.instructions} = part;
      for (const step of own)
        if (step.at >= from && step.at < to) steps.push({...step, at: Math.max(1, position + step.at - from)});
    }
    position += lengthOf(part, paths);
  }
  return steps;
};

const stepsOf = (path: PathInFile, paths: BuildInFile['paths'], seen: readonly string[]): Step[] | undefined =>
  path.steps ?? (path.parts && stepsOfParts(path.parts, paths, seen));

const resolvePath = (
  path: PathInFile,
  own: BuildInFile,
  likeBuild: BuildInFile | undefined,
  like: PathInFile | undefined,
): Path => {
  const likeSteps = like && likeBuild && stepsOf(like, likeBuild.paths, []);
  const inProportion = likeSteps && scaled(likeSteps, like.instructions, path.instructions);
  return {
    ...path,
    kind: path.kind ?? own.kind,
    source: path.source ?? like?.source ?? '',
    steps: stepsOf(path, own.paths, []) ?? inProportion ?? [],
  };
};

const complain = (ctx: Context, path: readonly string[], message: string): void => {
  ctx.issues.push({code: 'custom', input: undefined, path: [...path], message, continue: true});
};

const resolve = (own: BuildInFile, like: BuildInFile | undefined, at: readonly string[], ctx: Context): Build => ({
  ...own,
  paths: Object.fromEntries(
    Object.entries(own.paths).map(([name, path]) => {
      const resolved = resolvePath(path, own, like, like?.paths[name]);
      if (resolved.source === '')
        complain(ctx, [...at, 'paths', name], "missing 'source' (the files that it executes, at a version)");
      return [name, resolved];
    }),
  ),
});

/** A build by itself, which is like no other. */
export const resolveBuild = (own: BuildInFile, ctx: Context): Build => resolve(own, undefined, [], ctx);

export const resolveBuilds = (builds: Builds, ctx: Context): Record<string, Build> =>
  Object.fromEntries(
    Object.entries(builds).map(([id, own]) => {
      const like = own.like === undefined ? undefined : builds[own.like];
      if (own.like !== undefined && (like === undefined || like.like !== undefined)) {
        const choices = Object.keys(builds).filter((other) => other !== id && builds[other]?.like === undefined);
        complain(ctx, [id, 'like'], `'${own.like}' is no build that stands alone; choose from ${choices.join(', ')}`);
      }
      return [id, resolve(own, like, [id], ctx)];
    }),
  );
