/** `--snapshot-at`: where a machine is to be stopped, as it is written and as it is said. */
import {Errors, Flags} from '@oclif/core';
import {UNITS_PER_SECOND} from '../board/machine.ts';
import type {Place} from '../board/place.ts';
import {MARKERS} from '../trace/events.ts';

const SECONDS: Readonly<Record<string, number>> = {s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9};

/** @throws CLIError naming the ways to write it. */
const parsePlace = (text: string): Place => {
  const marker = MARKERS.find((name) => name === text);
  if (marker !== undefined) return {kind: 'marker', marker};
  if (/^\d{1,15}$/.test(text)) return {kind: 'instructions', count: Number(text)};
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,9})?)(s|ms|us|ns)$/.exec(text) ?? [];
  if (amount === undefined)
    throw new Errors.CLIError(
      `'${text}' is no place to stop at: write a number of instructions, guest time such as 1.5s or 300ms, or a mark (${MARKERS.join(', ')})`,
    );
  return {kind: 'time', time: Math.round(Number(amount) * SECONDS[unit!]! * UNITS_PER_SECOND)};
};

export const placeFlag = Flags.custom<Place>({helpValue: 'WHERE', parse: async (input) => parsePlace(input)});

/** Behind 'the guest ended before …'. */
export const describePlace = (place: Place): string => {
  switch (place.kind) {
    case 'instructions':
      return `it had executed ${place.count} instructions`;
    case 'time':
      return `${place.time / UNITS_PER_SECOND} s had passed for it`;
    case 'marker':
      return `it executed the mark '${place.marker}'`;
  }
};

/** As `--snapshot-at` takes it. */
export const placeText = (place: Place): string => {
  switch (place.kind) {
    case 'instructions':
      return `${place.count}`;
    case 'time':
      return `${place.time}ns`;
    case 'marker':
      return place.marker;
  }
};
