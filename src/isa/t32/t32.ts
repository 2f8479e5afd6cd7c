/** The T32 instruction set. */
import type {Decode} from '../core/decode.ts';
import {UnmodelledInstruction} from '../core/errors.ts';

export const decodeT32: Decode = ({address, word}) => {
  throw new UnmodelledInstruction(address, word, 'Thumb state is not modelled');
};
