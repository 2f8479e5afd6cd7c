/**
 * Predictions for two host CPUs, made before anybody compares: `calibration/blind-second-vector.json`. Nothing in them comes from
 * a measurement on two host CPUs.
 */
import type {FitFile} from './fit-file.ts';
import type {Cell, Reproduction} from './result.ts';

export interface SecondVector {
  readonly schemaVersion: 1;
  /** That makes the file again, byte for byte. */
  readonly command: string;
  /** File of the measurements behind every fitted parameter, with its SHA-256; all of one host CPU. */
  readonly fittedTo: FitFile['targets'];
  readonly trapwalk: string;
  readonly seeds: readonly number[];
  /** SHA-256 of every input, by path. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
}

export const secondVector = ({cells, provenance}: Reproduction, fit: FitFile): SecondVector => ({
  schemaVersion: 1,
  command: `${provenance.command} --second-vector calibration/blind-second-vector.json`,
  fittedTo: fit.targets,
  trapwalk: provenance.trapwalk,
  seeds: provenance.seeds,
  hashes: provenance.hashes,
  cells: cells.filter(({hostCpus}) => hostCpus === 2),
});
