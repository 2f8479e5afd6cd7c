/**
 * The engine's memory for a machine, in byte offsets: an area for each core, and RAM behind all of them. An area begins as
 * user mode's memory does (memory/layout.ts), with the core's state; the first one has what all cores share, too.
 */
import {KIBIBYTE, MEBIBYTE} from '../../units.ts';
import {STATE_OFFSET} from '../memory/layout.ts';

/** Cores whose areas have room. */
export const MOST_CORES = 8;
export const CORE_BYTES = 32 * MEBIBYTE;
export const RAM_OFFSET = MOST_CORES * CORE_BYTES;

export const areaOf = (core: number): number => core * CORE_BYTES;

/** In the first area: the area of the core that executes. */
export const CURRENT_AREA_OFFSET = STATE_OFFSET + KIBIBYTE;
/** In each area: the system control registers. */
export const CONTROL_OFFSET = STATE_OFFSET + 2 * KIBIBYTE;

/** Offsets, in an area, of the maps that one privilege has (views.ts). */
export interface MapOffsets {
  readonly reads: number;
  readonly writes: number;
  readonly fetches: number;
}
const MAP_BYTES = 4 * MEBIBYTE;
const mapsFrom = (start: number): MapOffsets => ({
  reads: start,
  writes: start + MAP_BYTES,
  fetches: start + 2 * MAP_BYTES,
});

/** What is there once for PL1 and once for PL0: maps in every area; in the first, jump table and counts of entries of translated code. */
export interface PrivilegeOffsets {
  readonly maps: MapOffsets;
  readonly jumpTable: number;
  readonly entryCounts: number;
}
export const PRIVILEGED: PrivilegeOffsets = {
  maps: mapsFrom(4 * MEBIBYTE),
  jumpTable: MEBIBYTE,
  entryCounts: 16 * KIBIBYTE,
};
export const USER: PrivilegeOffsets = {
  maps: mapsFrom(16 * MEBIBYTE),
  jumpTable: 2 * MEBIBYTE,
  entryCounts: 32 * KIBIBYTE,
};
