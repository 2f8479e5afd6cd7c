import {defineConfig} from 'vitest/config';

/** CI reads the totals of a run from this file. */
const report = process.env.TRAPWALK_TEST_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // All cores: with the default of one less, two cores would run one file at a time.
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: report ? ['default', ['json', {outputFile: report}]] : ['default'],
  },
});
