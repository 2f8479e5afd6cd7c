import {describe, expect, test} from 'vitest';
import {firstUses, UNUSED} from '../../src/costmodel/first-use.ts';
import type {PipelineInstruction} from '../../src/trace/blocks.ts';
import type {InstructionClass} from '../../src/trace/instruction-class.ts';

const [R0, R1, R2, R3] = [1, 2, 4, 8] as const;

const make = (name: InstructionClass, over: Partial<PipelineInstruction>): PipelineInstruction => ({
  class: name,
  transfers: 1,
  reads: 0,
  readsEarly: 0,
  writes: 0,
  writesBack: 0,
  vfpReads: 0,
  vfpWrites: 0,
  ...over,
});
const load = (to: number, from: number) => make('load', {reads: from, writes: to});
const alu = (to: number, from: number) => make('alu-register', {reads: from, writes: to});
const uses = (...instructions: PipelineInstruction[]) => [...firstUses({instructions})];

describe('the first use of a load', () => {
  test('is the first instruction that reads its register, as an operand, an address or what it stores', () => {
    expect(uses(load(R0, R1), alu(R2, R1), alu(R3, R0), alu(R3, R0))).toEqual([2, UNUSED, UNUSED, UNUSED]);
    expect(uses(load(R0, R1), load(R2, R0), alu(R3, R2))).toEqual([1, 2, UNUSED]);
    expect(uses(load(R0, R1), make('store', {reads: R0 | R1}))).toEqual([1, UNUSED]);
  });

  test('is one that overwrites it: results come in order', () => {
    expect(uses(load(R0, R1), alu(R0, R2))).toEqual([1, UNUSED]);
  });

  test('is none where the block ends before', () => {
    expect(uses(alu(R0, R1), load(R0, R1), alu(R2, R3))).toEqual([UNUSED, UNUSED, UNUSED]);
  });

  test('a base that is written back does not wait for memory', () => {
    const postIndexed = make('load', {reads: R1, writes: R0 | R1, writesBack: R1});
    expect(uses(postIndexed, postIndexed)).toEqual([1, UNUSED]);
    expect(uses(postIndexed, alu(R2, R1), alu(R2, R0))).toEqual([2, UNUSED, UNUSED]);
  });

  test('vector registers count apart from core registers', () => {
    const vector = make('vfp-load-multiple', {reads: R0, vfpWrites: 0b1111});
    const add = make('neon-arithmetic', {vfpReads: 0b1000, vfpWrites: 0b1_0000});
    expect(uses(vector, alu(R1, R2), add)).toEqual([2, UNUSED, UNUSED]);
  });
});
