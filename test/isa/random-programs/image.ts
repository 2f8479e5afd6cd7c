/** The ELF file of a random program: its code, signal handlers and data. */
import {assemble, assembleT32, buildElf, bytesOf, CODE} from '../assemble.ts';
import {randomBits} from '../random-cases.ts';
import {Builder} from './builder.ts';
import {A32, branchA32, DIALECTS, T32, words} from './dialects.ts';
import {pick} from './draws.ts';
import {
  ACTION,
  ACTION_BYTES,
  ADDRESS,
  ALARMS,
  BASE,
  CALL,
  CODE_LEAD,
  EQ,
  FAULTED,
  LR,
  MIDDLE,
  NE,
  PAGE,
  PC,
  PROTECTION,
  REGISTERS,
  REMAPPED,
  SCRATCH,
  SCRATCH_BYTES,
  SIGNAL,
  SLOTS,
  SP,
  STATE,
  TEMPLATE_WORDS,
  TEMPLATES,
  TEMPORARY,
  THREAD_FLAGS,
  THREAD_STACK,
  TIMER,
  TURN,
  VECTORS,
} from './layout.ts';
import type {RandomProgram} from './tree.ts';
import {Writer} from './writer.ts';

const functionOf = (builder: Builder, program: RandomProgram, index: number): void => {
  const {set, body} = program.functions[index]!;
  const {push, pop, exchange} = DIALECTS[set];
  builder.align();
  builder.place(`function ${index}`);
  builder.put(push((1 << 4) | (1 << LR)));
  new Writer(builder, program, index, set).body(body);
  // Returns of both kinds.
  if (index % 2 === 0) builder.put(pop((1 << 4) | (1 << PC)));
  else builder.put(pop((1 << 4) | (1 << LR))).put(exchange(LR));
};

/** Two instructions to be patched, then a return. */
const slots = (builder: Builder): void => {
  for (const set of ['A32', 'T32'] as const)
    for (let index = 0; index < SLOTS; index++) {
      builder.align();
      builder.place(`slot ${set} ${index}`);
      builder.put(DIALECTS[set].nothing).put(DIALECTS[set].nothing).put(DIALECTS[set].exchange(LR));
    }
};

/** Makes the page of the fault accessible. */
const faultHandler = (builder: Builder): void => {
  const {constant, call, exchange, load} = A32;
  builder.align();
  builder.place('fault handler');
  builder.put(load(0, 1, 12));
  builder.put(words(assemble('MOV (register)', {Rd: 0, Rm: 0, type: 1, imm5: 12})));
  builder.put(words(assemble('MOV (register)', {Rd: 0, Rm: 0, type: 0, imm5: 12})));
  builder.put(constant(1, PAGE)).put(constant(2, PROTECTION.all)).put(constant(7, CALL.mprotect));
  builder.put(call).put(exchange(LR));
};

/**
 * Goes on behind the instruction, outside of any IT block, with all flags clear: the frame may show flags that are dead
 * where the fault happened, so they are not even read.
 */
const skipHandler = (builder: Builder): void => {
  const [pc, thumbByte, itByte, flagsByte] = [92, 96, 97, 99];
  const {load, store, test, exchange} = A32;
  const LO = 3;
  const HS = 2;
  const byte = (name: 'LDRB' | 'STRB', imm12: number): number =>
    assemble(`${name} (immediate)`, {P: 1, U: 1, Rn: 2, Rt: 1, imm12});
  const behind = 'skip handler, end';
  builder.align();
  builder.place('skip handler');
  builder
    .put(load(0, 2, pc))
    .put(words(byte('LDRB', thumbByte)))
    .put(test(1, 0x20));
  builder.put(words(assemble('ADD (immediate)', {cond: EQ, Rn: 0, Rd: 3, imm12: 4})));
  builder.link(behind, branchA32(EQ));
  builder.put(
    words(
      assemble('LDRH (immediate)', {P: 1, U: 1, Rn: 0, Rt: 3}),
      assemble('CMP (immediate)', {Rn: 3, imm12: 0xce8}),
      assemble('ADD (immediate)', {cond: LO, Rn: 0, Rd: 3, imm12: 2}),
      assemble('ADD (immediate)', {cond: HS, Rn: 0, Rd: 3, imm12: 4}),
    ),
  );
  builder.place(behind);
  builder.put(words(assemble('MOV (immediate)', {Rd: 1}), byte('STRB', itByte), byte('STRB', flagsByte)));
  builder.put(store(3, 2, pc)).put(exchange(LR));
};

/** Counts. */
const alarmHandler = (builder: Builder): void => {
  const {constant, load, store, exchange} = T32;
  builder.align();
  builder.place('alarm handler');
  builder.put(constant(0, STATE)).put(load(1, 0, ALARMS));
  builder.put(assembleT32('ADD (immediate) T2', {Rdn: 1, imm8: 1}));
  builder.put(store(1, 0, ALARMS)).put(exchange(LR));
};

const HANDLERS = [
  [SIGNAL.segv, 'fault handler', 0],
  [SIGNAL.bus, 'skip handler', 0],
  [SIGNAL.ill, 'skip handler', 0],
  [SIGNAL.alarm, 'alarm handler', 1],
] as const;

const prologue = (writer: Writer, builder: Builder, {timer, tasks}: RandomProgram): void => {
  for (const [index, [signal]] of HANDLERS.entries())
    writer.system(CALL.rt_sigaction, signal, STATE + ACTION + index * ACTION_BYTES, 0, 8);
  if (tasks.includes('fork')) writer.system(CALL.fork);
  if (timer > 0) writer.system(CALL.setitimer, 0, STATE + TIMER, 0);
  if (tasks.includes('thread')) writer.system(CALL.clone, THREAD_FLAGS, THREAD_STACK + PAGE, 0, 0, 0);
  writer.put(A32.constant(TEMPORARY, STATE + REGISTERS));
  builder.put(words(assemble('LDM', {U: 1, Rn: TEMPORARY, registers: 0x5ff})));
  for (const [D, at] of [0, 128].entries()) {
    writer.put(A32.constant(TEMPORARY, STATE + VECTORS + at));
    builder.put(words(assemble('VLDMIA', {D, Rn: TEMPORARY, Vd: 0, sz: 1, imm8: 32})));
  }
  writer.put(A32.constant(BASE, MIDDLE));
};

/** The main function, as often as it is to be; the number of the turn is kept in memory, which threads share. */
const mainLoop = (writer: Writer, builder: Builder, program: RandomProgram): void => {
  const {constant, load, store, push, pop} = A32;
  writer.put(constant(TEMPORARY, program.iterations)).put(push((1 << TEMPORARY) | (1 << 8)));
  builder.place('main loop');
  writer
    .put(load(TEMPORARY, SP, 4))
    .put(constant(ADDRESS, STATE))
    .put(store(TEMPORARY, ADDRESS, TURN));
  writer.callTo('function 0', program.functions[0]!.set);
  writer
    .put(load(TEMPORARY, SP, 4))
    .put(A32.subtractOne(TEMPORARY))
    .put(store(TEMPORARY, SP, 4));
  writer.branch(NE, 'main loop');
  writer.put(pop((1 << TEMPORARY) | (1 << 8)));
  writer.system(CALL.write, 1, MIDDLE, 64);
  writer.system(program.tasks === 'none' ? CALL.exit_group : CALL.exit, 7);
};

const stateBytes = (builder: Builder, {seed, timer}: RandomProgram): Uint8Array => {
  const data = new Uint8Array(PAGE);
  const view = new DataView(data.buffer);
  const put = (at: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) view.setUint32(at + 4 * index, value >>> 0, true);
  };
  const random = randomBits(seed);
  for (const [index, [, label, thumb]] of HANDLERS.entries())
    put(ACTION + index * ACTION_BYTES, builder.addressOf(label) | thumb, 4, 0, 0, 0);
  put(TIMER, 0, timer, 0, timer);
  put(REGISTERS, ...Array.from({length: 16}, () => random()));
  put(VECTORS, ...Array.from({length: 64}, () => pick(random, [0, 0x3ff8_0000, 0x4059_0000, 0x3f80_0000, random()])));
  const bx = assemble('BX', {Rm: LR});
  put(TEMPLATES, assemble('ADD (immediate)', {Rn: 0, Rd: 0, imm12: 1}), bx, bx, bx);
  const eor = assemble('EOR (immediate)', {Rn: 0, Rd: 0, imm12: 0x55});
  put(TEMPLATES + 4 * TEMPLATE_WORDS, assemble('MOV (register)', {Rd: 1, Rm: 0}), eor, bx, bx);
  return data;
};

export const buildProgram = (program: RandomProgram): Uint8Array => {
  const builder = new Builder(CODE + CODE_LEAD);
  const writer = new Writer(builder, program, -1, 'A32');
  prologue(writer, builder, program);
  mainLoop(writer, builder, program);
  for (const index of program.functions.keys()) functionOf(builder, program, index);
  slots(builder);
  faultHandler(builder);
  skipHandler(builder);
  alarmHandler(builder);
  builder.align();
  const state = stateBytes(builder, program);
  const random = randomBits(program.seed);
  const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
  const nop = assemble('NOP');
  const code = builder.finish();
  return buildElf([
    {address: CODE + CODE_LEAD, data: code, size: code.length + PAGE, flags: 7},
    {address: CODE, data: bytesOf(new Array(CODE_LEAD / 4).fill(nop)), flags: 5},
    {address: REMAPPED, data: bytesOf([assemble('BX', {Rm: LR})]), flags: 7},
    {address: SCRATCH, data: scratch, flags: 6},
    {address: FAULTED, data: new Uint8Array(PAGE), flags: 6},
    {address: STATE, data: state, flags: 6},
    {address: THREAD_STACK, data: new Uint8Array(4), size: PAGE, flags: 6},
  ]);
};
