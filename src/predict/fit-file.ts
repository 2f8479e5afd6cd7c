/** What `trapwalk calibrate` stores: estimates, what they are worth, and errors on cells that a fit did not see. */
import {existsSync, readFileSync} from 'node:fs';
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';

const weighted = z.strictObject({id: z.string(), weight: z.number()});

const errorRow = z.strictObject({
  benchmark: z.string(),
  hostCpus: z.number(),
  sut: z.string(),
  cells: z.number(),
  fittedCells: z.number(),
  meanAbsolutePercentageError: z.number(),
  worstPercentageError: z.number(),
  noOverhead: z.number(),
  sameOverheadAsOthers: z.number().nullable(),
});

/** Pairs of systems that the measurements tell apart, and how many of them are predicted in the same order. */
const orders = z.strictObject({pairs: z.number(), inOrder: z.number()});

export const validationSchema = z.strictObject({id: z.string(), title: z.string(), errors: z.array(errorRow), orders});

const covered = z.strictObject({cells: z.number(), inside: z.number()});
/** Cells within 95 % intervals. */
export const coverageSchema = z.strictObject({inSample: covered, leftOut: covered});

const fitFile = z.strictObject({
  schemaVersion: z.literal(2),
  command: z.string(),
  /** Id of the machine's file, and its core's model. */
  machine: z.string(),
  core: z.string(),
  /** File of the measurements that it was fitted to, and its SHA-256. */
  targets: z.strictObject({file: z.string(), hash: z.string()}),
  /** Of the counts (`calibration/counts.json`), and the values that they were counted at. */
  counts: z.strictObject({fingerprint: z.string(), at: z.record(z.string(), z.number())}),
  /** Keys of the published groups that the fit saw: 'dhrystone/xvisor'. */
  fittedOn: z.array(z.string()),
  parameters: z.array(
    z.strictObject({
      id: z.string(),
      value: z.number(),
      unit: z.string(),
      lower: z.number(),
      upper: z.number(),
      prior: z.number(),
      standardError: z.number(),
      /** 95 %, within the bounds. */
      interval: z.tuple([z.number(), z.number()]),
      /** Standard error over the prior's deviation: 1 where the data say nothing. */
      shareOfPrior: z.number(),
      atBound: z.boolean(),
      fittedOn: z.string(),
    }),
  ),
  /** Measured cells, and groups of them that share a system and a benchmark. */
  cells: z.number(),
  groups: z.number(),
  /** Starts of the search, and how many ended at the same values. */
  starts: z.strictObject({tried: z.number(), agreeing: z.number()}),
  /** Of the data, and of parameters against their priors, each in its own deviations. */
  sumOfSquares: z.strictObject({data: z.number(), priors: z.number()}),
  covarianceOf: z.array(z.string()),
  covariance: z.array(z.array(z.number())),
  correlation: z.array(z.array(z.number())),
  /** Singular values of the Jacobian in units of the priors; below 1 a combination is the prior's alone. */
  combinations: z.array(z.strictObject({singularValue: z.number(), isIdentified: z.boolean(), of: z.array(weighted)})),
  residuals: z.array(
    z.strictObject({
      benchmark: z.string(),
      case: z.string(),
      sut: z.string(),
      measured: z.number(),
      predicted: z.number(),
      errorPercent: z.number(),
      noisePercent: z.number(),
      runNoisePercent: z.number(),
      leverage: z.number(),
      cooksDistance: z.number(),
      movesMost: z.string(),
      byStandardErrors: z.number(),
    }),
  ),
  inSample: validationSchema,
  validations: z.array(validationSchema),
  coverage: coverageSchema,
  /** Relative model error, one standard deviation, by {@link discrepancyKey}, from cells that were left out. */
  discrepancy: z.record(z.string(), z.number()),
  /** What one more measurement would do to the parameters' part of the intervals of the second vector. */
  measurements: z.array(
    z.strictObject({what: z.string(), accuracyPercent: z.number(), reductionPercent: z.number(), most: z.string()}),
  ),
});
export type FitFile = z.infer<typeof fitFile>;

export const fitPath = (): string => packagePath('calibration', 'fit.json');

/** @throws InputError when the file is missing or not what `trapwalk calibrate` writes. */
export const readFit = (path = fitPath()): FitFile => {
  if (!existsSync(path))
    throw new InputError('there is no fit', {file: path, remedy: 'restore the file or run `trapwalk calibrate`'});
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError((error as Error).message, {
      file: path,
      remedy: 'restore the file or run `trapwalk calibrate`',
    });
  }
  const parsed = fitFile.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(issue?.message ?? 'not a fit', {
    file: path,
    place: issue?.path.join('.') ?? '',
    remedy: 'run `trapwalk calibrate`',
  });
};
