import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {COUNTINGS, instructionsPerUnit} from '../../guests/measure.ts';
import {BUILDS} from '../../guests/programs.ts';
import {COUNTED, GUESTS, hasQemu, qemuNote} from './catalogue.ts';

const catalogued = COUNTED.flatMap((guest) =>
  guest.builds.map(({profile, optimization, elf}) => ({id: guest.id, profile, optimization, elf})),
);

test('the catalogue lists the builds that can be counted, in their order', () => {
  expect(catalogued).toEqual(
    BUILDS.filter((build) => COUNTINGS[build.program.name] !== undefined).map((build) => ({
      id: build.program.name,
      profile: build.profile.name,
      optimization: build.optimization,
      elf: `bin/${build.elf}`,
    })),
  );
});

describe.skipIf(!hasQemu)(`instructions per unit of work${qemuNote}`, () => {
  const builds = COUNTED.flatMap((guest) => guest.builds.map((build) => [build.elf, guest.id, build] as const));
  test.each(builds)('%s', (elf, id, build) => {
    expect(instructionsPerUnit(join(GUESTS, elf), COUNTINGS[id]!)).toBe(build.instructionsPerUnit);
  });
});
