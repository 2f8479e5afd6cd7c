/**
 * The folders of src/ are layers. Data flows trace ← isa ← tracegen and trace ← costmodel; only predict and cli see both.
 * Each rule names what a layer may import besides itself; anything else is an error.
 */
const layers = {
  units: [],
  statistics: [],
  files: ['units'],
  parameters: ['units', 'files'],
  trace: ['units', 'files'],
  isa: ['units', 'trace'],
  board: ['units', 'files', 'trace', 'isa'],
  tracegen: ['units', 'files', 'trace', 'isa', 'board'],
  audit: ['units', 'statistics', 'files'],
  hypervisors: ['units', 'files', 'parameters'],
  costmodel: ['units', 'files', 'parameters', 'trace', 'hypervisors'],
  schedule: ['units', 'files', 'trace', 'hypervisors', 'costmodel'],
  predict: ['units', 'statistics', 'files', 'parameters', 'trace', 'tracegen', 'hypervisors', 'costmodel', 'schedule'],
  calibration: ['units', 'statistics', 'files', 'parameters', 'tracegen', 'hypervisors', 'costmodel', 'predict'],
  report: ['units', 'statistics', 'files', 'parameters', 'predict', 'calibration', 'hypervisors'],
};
const path = (name) => `^src/${name}(/|\\.ts$)`;
module.exports = {
  forbidden: [
    {name: 'no-circular', severity: 'error', from: {}, to: {circular: true}},
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `${layer}-imports-only-lower-layers`,
      severity: 'error',
      from: {path: path(layer)},
      to: {path: '^src/', pathNot: [layer, ...allowed].map(path)},
    })),
    {name: 'nothing-imports-cli', severity: 'error', from: {pathNot: '^src/cli/'}, to: {path: '^src/cli/'}},
    {
      name: 'no-undeclared-package',
      severity: 'error',
      from: {path: '^src/'},
      to: {dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev']},
    },
  ],
  options: {tsPreCompilationDeps: true, tsConfig: {fileName: 'tsconfig.json'}, doNotFollow: {path: 'node_modules'}},
};
