/**
 * The record stream of one vCPU, in program order: an array of unsigned 32-bit words.
 *
 * ```
 * block execution   0iiiiiii iiiiiiii iiiiiiii nnnnnnnn   i = block id (23 bits), n = accesses that follow
 *   per access      virtual address
 *                   slot:16 ........ exclusive:1 kind:3 → see accessMeta
 * event             1kkkkkkk kkkkkkkk pppppppp pppppppp   k = event kind, p = payload words that follow
 * ```
 * A block record stands before the accesses that the block makes. An instruction whose condition fails makes none.
 * LDM, STM and VLDM/VSTM are one access of all their bytes (at most 128), at the lowest address.
 */
import {EVENT_ID, type EventKind} from './events.ts';

export const ACCESS_WORDS = 2;
/** The most that a block record can count. */
export const MOST_ACCESSES = 255;
export const EVENT_FLAG = 0x8000_0000;

/** Access kinds, bits 8–10 of the second word of an access. */
export const READ = 0;
export const WRITE = 1;
/** PLD and the like: no value moves, no abort. */
export const PREFETCH = 2;

const KIND_SHIFT = 8;
const EXCLUSIVE_SHIFT = 11;
const SLOT_SHIFT = 16;

/** Second word of an access: size in bytes (bits 0–7), kind (8–10), exclusive (11), instruction's index in its block (16–31). */
export const accessMeta = (size: number, kind: number, slot: number, exclusive = 0): number =>
  (size | (kind << KIND_SHIFT) | (exclusive << EXCLUSIVE_SHIFT) | (slot << SLOT_SHIFT)) >>> 0;
export const accessSize = (meta: number): number => meta & 0xff;
export const accessKind = (meta: number): number => (meta >>> KIND_SHIFT) & 7;
export const accessExclusive = (meta: number): number => (meta >>> EXCLUSIVE_SHIFT) & 1;
export const accessSlot = (meta: number): number => meta >>> SLOT_SHIFT;

export const blockRecord = (block: number, accesses: number): number => ((block << 8) | accesses) >>> 0;
export const recordBlock = (word: number): number => (word >>> 8) & 0x7f_ffff;
export const recordAccesses = (word: number): number => word & 0xff;

export const eventRecord = (kind: EventKind, payloadWords: number): number =>
  (EVENT_FLAG | (EVENT_ID[kind] << 16) | payloadWords) >>> 0;
export const eventKind = (word: number): number => (word >>> 16) & 0x7fff;
export const eventPayload = (word: number): number => word & 0xffff;
