/** `--set KEY=NUMBER`: a calibration with some values changed. */
import {InputError} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {type Calibration, loadCalibration, PIPELINE_SCALE, parameterRows} from '../predict/calibration.ts';
import type {ParameterRow} from '../predict/result.ts';

export type Setting = readonly [id: string, value: number];

export interface SetCalibration {
  readonly calibration: Calibration;
  /** What the user should hear about the values. */
  readonly warnings: readonly string[];
}

const unknown = (id: string, rows: readonly ParameterRow[]): never => {
  const guess = nearest(
    id,
    rows.map((row) => row.id),
  );
  const remedy = guess === undefined ? "choose from 'trapwalk parameters'" : `did you mean '${guess}'?`;
  throw new InputError(`unknown parameter '${id}'`, {remedy});
};

/** Parameters that a replay of one guest uses; the scale of a benchmark's published binary is none of them. */
const replayParameters = (c: Calibration): readonly ParameterRow[] =>
  parameterRows(c).filter(({id}) => !id.startsWith(`${PIPELINE_SCALE}.`));

/** @throws InputError for a parameter that does not exist or that nothing lets a user change. */
export const calibrationWith = (settings: readonly Setting[]): SetCalibration => {
  const known = replayParameters(loadCalibration());
  const calibration = loadCalibration({values: Object.fromEntries(settings)});
  const changed = new Map(replayParameters(calibration).map((row) => [row.id, row.value]));
  const warnings = settings.flatMap(([id, value]) => {
    const row = known.find((one) => one.id === id) ?? unknown(id, known);
    if (changed.get(id) !== value)
      throw new InputError(`parameter '${id}' cannot be set here`, {remedy: 'change its file in calibration/'});
    const {lower = -Infinity, upper = Infinity, unit} = row;
    return value < lower || value > upper
      ? [`${id}=${value} lies outside its bounds, ${lower} to ${upper} ${unit}`]
      : [];
  });
  return {calibration, warnings};
};
