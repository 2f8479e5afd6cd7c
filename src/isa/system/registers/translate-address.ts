/** Address translation operations and the PAR that they leave: DDI 0406C B3.13.5, B4.1.112. */
import {CONTROL, TTBCR} from '../control.ts';
import type {SystemCpu} from '../system-cpu.ts';
import {type Mapping, PERMISSION, type Walk, type WalkFault} from '../walk/mapping.ts';
import {faultStatus} from '../walk/syndrome.ts';

const FAILED = 1;
const NON_SECURE = 1 << 9;
const SUPERSECTION = 2;
const LONG_FORMAT = 1 << 11;
const OUTER_SHAREABLE = 1 << 7;

/** Of a failed translation: FS[5] and FS[3:0], or the long format's status, in bits 6–1. */
const failure = (fault: WalkFault, isWrite: boolean, isLong: boolean): number => {
  const status = faultStatus(fault, isWrite, isLong);
  if (isLong) return LONG_FORMAT | NON_SECURE | ((status & 0x3f) << 1) | FAILED;
  return ((status & (1 << 10)) >> 5) | ((status & (1 << 12)) >> 6) | ((status & 15) << 1) | FAILED;
};

/** Both words. The short format shows the address, supersections and shareability, not the cacheability. */
const success = (mapping: Mapping, isLong: boolean): readonly [number, number] => {
  const low = (mapping.page % 2 ** 32) | 0;
  const high = Math.floor(mapping.page / 2 ** 32);
  if (isLong) {
    const attribute = (mapping.attributes >>> 2) & 0xff;
    return [low | LONG_FORMAT | NON_SECURE | ((mapping.attributes & 3) << 7), (attribute << 24) | high];
  }
  const shareable = (mapping.attributes & 0x20) === 0 ? 0 : OUTER_SHAREABLE;
  if (mapping.sizeShift === 24) return [(low & 0xff00_0000) | (high << 16) | NON_SECURE | SUPERSECTION | shareable, 0];
  return [low | NON_SECURE | shareable, 0];
};

const permitted = (walk: Walk, need: number): Walk =>
  walk.fault === undefined && (walk.permissions & need) === 0
    ? {fault: 'permission', level: walk.level, domain: walk.domain}
    : walk;

export const translateAddress = (cpu: SystemCpu, address: number, access: 'read' | 'write', user: boolean): void => {
  const isLong = (cpu.control[CONTROL.ttbcr]! & TTBCR.extended) !== 0;
  const need = user ? PERMISSION[access] << 3 : PERMISSION[access];
  const walk = permitted(cpu.memory.translate(address), need);
  const [low, high] = walk.fault === undefined ? success(walk, isLong) : [failure(walk, access === 'write', isLong), 0];
  cpu.control[CONTROL.par] = low;
  cpu.control[CONTROL.parHigh] = high;
};
