/** `--set KEY=NUMBER`: a calibration with some values changed. */
import {InputError} from '../files/errors.ts';
import {
  type Calibration,
  DEFAULT_MACHINE,
  loadCalibration,
  PIPELINE_SCALE,
  parameterRows,
} from '../predict/calibration.ts';
import type {ParameterRow} from '../predict/result.ts';

export type Setting = readonly [id: string, value: number];

export interface SetCalibration {
  readonly calibration: Calibration;
  /** What the user should hear about the values. */
  readonly warnings: readonly string[];
}

/** Parameters that a replay of one guest uses; the scale of a benchmark's published binary is none of them. */
const replayParameters = (c: Calibration): readonly ParameterRow[] =>
  parameterRows(c).filter(({id}) => !id.startsWith(`${PIPELINE_SCALE}.`));

/** @throws InputError for a parameter that does not exist, or that cannot change a replay. */
export const calibrationWith = (settings: readonly Setting[], machine = DEFAULT_MACHINE): SetCalibration => {
  const known = new Map(replayParameters(loadCalibration({machine})).map((row) => [row.id, row]));
  const calibration = loadCalibration({machine, values: Object.fromEntries(settings)});
  const values = new Map(replayParameters(calibration).map((row) => [row.id, row.value]));
  const warnings = settings.flatMap(([id, value]) => {
    const row = known.get(id);
    if (row === undefined || values.get(id) !== value)
      throw new InputError(`parameter '${id}' cannot be set for a replay`);
    const {lower = -Infinity, upper = Infinity, unit} = row;
    const isOutside = value < lower || value > upper;
    return isOutside ? [`${id}=${value} lies outside its bounds, ${lower} to ${upper} ${unit}`] : [];
  });
  return {calibration, warnings};
};
