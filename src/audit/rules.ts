/** What an audit knows of published tables: units, statistics, forms of files, claims. The form is docs/audit.md. */
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';

const STATISTICS = ['average', 'median', 'minimum', 'maximum'] as const;
export type Statistic = (typeof STATISTICS)[number];

const name = z.string().min(1);

const unit = z
  .strictObject({
    unit: name,
    better: z.enum(['higher', 'lower']),
    /** The unit of the cells that it is computed from, divided by a number. */
    from: name.optional(),
    divideBy: z.number().positive().optional(),
    /** A loss in percent of the baseline: of the cells of this unit, or of `any` that is not derived. */
    lossOf: name.optional(),
    source: z.string().optional(),
  })
  .refine(({from, divideBy}) => (from === undefined) === (divideBy === undefined), {
    message: "'from' says of what, 'divideBy' by what: both or neither",
  })
  .refine(({from, lossOf}) => from === undefined || lossOf === undefined, {
    message: "a unit is a quotient ('from') or a loss ('lossOf'), not both",
  });
export type UnitRule = z.infer<typeof unit>;

const field = z.union([z.strictObject({columns: z.array(name).min(1)}), z.strictObject({constant: name})]);
export type Field = z.infer<typeof field>;

const form = z.strictObject({
  title: z.string(),
  /** The header of such a file. */
  columns: z.array(name).min(1),
  /** Must every system have every case? */
  isFull: z.boolean(),
  /** What a row says, each a cell; one whose value is empty was not given. */
  cells: z
    .array(
      z.strictObject({
        table: field,
        benchmark: field,
        host_cpus: field,
        case: field,
        sut: field,
        value: field,
        unit: field,
      }),
    )
    .min(1),
});
export type Form = z.infer<typeof form>;

const claim = z.strictObject({
  id: name,
  says: name,
  /** Must be better than all others of `among`, case by case. */
  best: name,
  among: z.array(name).min(2),
  benchmarks: z.array(name).min(1),
  /** Compare sums over a system's cases, not case by case. */
  sumOfCases: z.boolean().default(false),
});
export type Claim = z.infer<typeof claim>;

const rules = z.strictObject({
  baseline: name,
  units: z.array(unit).min(1),
  /** Cases that repeat one measurement begin like this; outliers are looked for among at least so many. */
  repetitions: z.strictObject({cases: name, least: z.number().int().min(3)}),
  /** Cases that are computed from the others. */
  statistics: z.record(name, z.enum(STATISTICS)),
  forms: z.array(form),
  claims: z.array(claim),
});
export type Rules = z.infer<typeof rules>;

export const rulesPath = (): string => packagePath('calibration', 'published', 'claims.yaml');

/** @throws InputError with line and column for anything unknown or missing. */
export const readRules = (path = rulesPath()): Rules => readYaml(path, rules);
