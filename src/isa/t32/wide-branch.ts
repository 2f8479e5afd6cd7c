/** T32 branches and miscellaneous control in 32 bits: DDI 0406C A6.3.4. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import {branch, branchExchange, branchLink, branchTo, nothing} from '../a32/branch.ts';
import {clearExclusive} from '../a32/exclusive.ts';
import {changeStateOperands, mrs, msrOperands, msrRegister} from '../a32/status.ts';
import type {Fields} from '../core/bits.ts';
import {ALWAYS, LR, type Operands, type Row, registers, rejected, rejectUndefined} from '../core/operation.ts';
import {rejectBad, rejectInItBlock, rejectInsideItBlock} from './encoding.ts';

const IN_USER_MODE = 'in user mode it is UNPREDICTABLE';

/** SignExtend(S:J2:J1:imm6:imm11:'0'). */
const shortOffset = (fields: Fields): number =>
  (-fields('S') << 20) | (fields('J2') << 19) | (fields('J1') << 18) | (fields('imm6') << 12) | (fields('imm11') << 1);

/** SignExtend(S:I1:I2:imm10:imm11:'0'), where I1 and I2 are NOT(J EOR S). */
const longOffset = (fields: Fields, low: number): number => {
  const s = fields('S');
  const [i1, i2] = [1 ^ fields('J1') ^ s, 1 ^ fields('J2') ^ s];
  return (-s << 24) | (i1 << 23) | (i2 << 22) | (fields('imm10') << 12) | (low << 1);
};

const system = (): Operands => ({class: 'system'});
const control = (name: string, bits: string, execute = nothing, operands: Row['operands'] = system): Row => ({
  name,
  bits: `1111 0011 ${bits}`,
  specialises: ['B T3'],
  operands,
  execute,
});
const privileged = (name: string, bits: string): Row => rejected(name, `1111 0011 ${bits}`, IN_USER_MODE, ['B T3']);

const BRANCHES: readonly Row[] = [
  {
    name: 'B T3',
    bits: '11110 S:1 cond:4 imm6:6 10 J1:1 0 J2:1 imm11:11',
    operands: (fields, address, itState = 0) => {
      rejectUndefined(fields('cond') >= ALWAYS);
      rejectInItBlock(itState);
      return {
        class: 'branch',
        condition: fields('cond'),
        immediate: (address + 4 + shortOffset(fields)) | 1,
        end: 'conditional',
      };
    },
    execute: branch,
  },
  {
    name: 'B T4',
    bits: '11110 S:1 imm10:10 10 J1:1 1 J2:1 imm11:11',
    operands: (fields, address, itState = 0) => {
      rejectInsideItBlock(itState);
      return {
        class: 'branch',
        immediate: (address + 4 + longOffset(fields, fields('imm11'))) | 1,
        end: itState === 0 || itState >>> 4 === ALWAYS ? 'branch' : 'conditional',
      };
    },
    execute: branch,
  },
  {
    name: 'BL T1',
    bits: '11110 S:1 imm10:10 11 J1:1 1 J2:1 imm11:11',
    operands: (fields, address, itState = 0) => {
      rejectInsideItBlock(itState);
      const immediate = (address + 4 + longOffset(fields, fields('imm11'))) | 1;
      return {class: 'call', immediate, writes: registers(LR), end: 'call'};
    },
    execute: branchLink,
  },
  {
    name: 'BLX (immediate) T2',
    bits: '11110 S:1 imm10:10 11 J1:1 0 J2:1 imm10L:10 H:1',
    operands: (fields, address, itState = 0) => {
      rejectUndefined(fields('H') === 1);
      rejectInsideItBlock(itState);
      const aligned = (address + 4) & ~3;
      const immediate = (aligned + longOffset(fields, fields('imm10L') << 1)) | 0;
      return {class: 'call', immediate, writes: registers(LR), end: 'call'};
    },
    execute: branchLink,
  },
];

export const WIDE_BRANCH: readonly Row[] = [
  ...BRANCHES,
  control('MSR (register) T1', '1000 Rn:4 10 (0) 0 mask:2 x:1 c:1 (00) 0 (00000)', msrRegister, (fields) => {
    rejectBad(fields('Rn'));
    return msrOperands(fields);
  }),
  control('MRS T1', '1110 (1111) 10 (0) 0 Rd:4 (00) 0 (00000)', mrs, (fields) => {
    const d = fields('Rd');
    rejectBad(d);
    return {class: 'system', d, reads: FLAGS_BIT, writes: registers(d)};
  }),
  privileged('MSR (SPSR) T1', '1001 Rn:4 10 (0) 0 mask:4 (00) 0 (00000)'),
  privileged('MRS (SPSR) T1', '1111 (1111) 10 (0) 0 Rd:4 (00) 0 (00000)'),
  privileged('MSR (banked register) T1', '100 R:1 Rn:4 10 (0) 0 M1:4 (00) 1 M:1 (0000)'),
  privileged('MRS (banked register) T1', '111 R:1 M1:4 10 (0) 0 Rd:4 (00) 1 M:1 (0000)'),
  privileged('SUBS PC, LR T1', '1101 (1110) 10 (0) 0 (1111) imm8:8'),
  control('BXJ T1', '1100 Rm:4 10 (0) 0 (1111) (00000000)', branchExchange, (fields, _address, itState = 0) => {
    rejectInsideItBlock(itState);
    rejectBad(fields('Rm'));
    return branchTo(fields);
  }),
  control('CPS T2', '1010 (1111) 10 (0) 0 (0) imod:2 M:1 A:1 I:1 F:1 mode:5', nothing, (fields, _address, itState) => {
    rejectInItBlock(itState ?? 0);
    return changeStateOperands(fields);
  }),
  {
    ...control('hint T2', '1010 (1111) 10 (0) 0 (0) 000 hint:8'),
    specialises: ['CPS T2', 'B T3'],
  },
  {
    ...control('NOP T2', '1010 (1111) 10 (0) 0 (0) 000 00000000', nothing, () => ({class: 'alu-immediate'})),
    specialises: ['hint T2', 'CPS T2', 'B T3'],
  },
  control('CLREX T1', '1011 (1111) 10 (0) 0 (1111) 0010 (1111)', clearExclusive),
  control('DSB T1', '1011 (1111) 10 (0) 0 (1111) 0100 option:4'),
  control('DMB T1', '1011 (1111) 10 (0) 0 (1111) 0101 option:4'),
  control('ISB T1', '1011 (1111) 10 (0) 0 (1111) 0110 option:4'),
  rejected(
    'ENTERX, LEAVEX T1',
    '1111 0011 1011 (1111) 10 (0) 0 (1111) 000 J:1 (1111)',
    'ThumbEE state is not modelled',
    ['B T3'],
  ),
];
