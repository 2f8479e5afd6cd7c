/** trapwalk as a library: what the commands call. */

export {type CalibrateOptions, calibrate} from './calibration/run.ts';
export {InputError} from './files/errors.ts';
export {hypervisorIds} from './hypervisors/load.ts';
export type {HypervisorFile} from './hypervisors/schema.ts';
export {ElfError, GuestFault, UnmodelledInstruction} from './isa/core/errors.ts';
export {Emulator, type EmulatorOptions} from './isa/emulator.ts';
export {type Bind, RootError} from './isa/linux/root.ts';
export {GuestDeadlock} from './isa/linux/scheduler.ts';
export {
  type Calibration,
  type CalibrationOptions,
  loadCalibration,
  parameterRows,
} from './predict/calibration.ts';
export type {FitFile} from './predict/fit-file.ts';
export type {System} from './predict/measure.ts';
export {
  pageSizeList,
  pageSizeSystems,
  type ReplayReport,
  replayReports,
  type WalkBound,
  walkBound,
} from './predict/replay-report.ts';
export {type ReproduceOptions, type ReproduceResult, reproduce} from './predict/reproduce.ts';
export type {Attribution, Cell, ErrorRow, ParameterRow, Provenance, Reproduction} from './predict/result.ts';
export {textReport} from './report/tables.ts';
export {writeReport} from './report/write-report.ts';
export {checkTrace, type Violation} from './trace/check.ts';
export {type Comparison, diffTraces} from './trace/diff.ts';
export {CHANGES, type Change, ChangeCounts} from './trace/formats/changes.ts';
export {exportTrace} from './trace/formats/export.ts';
export {type ImportSource, openImport} from './trace/formats/import.ts';
export {READABLE, WRITABLE} from './trace/formats/table.ts';
export {openTrace, type StoredTrace} from './trace/read.ts';
export {findRange, TraceSlice} from './trace/slice.ts';
export type {TraceChunk, TraceHeader, TraceSource} from './trace/source.ts';
export {summarizeTrace, type TraceSummary} from './trace/summary.ts';
export {type Validation, validateTrace} from './trace/validate.ts';
export {storeTrace, writeTrace} from './trace/write.ts';
export {chooseGuest, type GuestChoice, readCatalogue} from './tracegen/catalogue.ts';
export {GuestTrace, type GuestTraceOptions} from './tracegen/guest-trace.ts';
