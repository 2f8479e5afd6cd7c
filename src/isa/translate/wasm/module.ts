/** A module of WebAssembly around the code of one function: WebAssembly Core Specification 2.0, 5.5. */
import {Bytes, type Code} from './code.ts';
import {I32, OP} from './opcodes.ts';

const FUNCTION_REFERENCE = 0x70;

export interface Locals {
  readonly type: number;
  readonly count: number;
}

export interface ModuleParts {
  /** Of every function: parameters and results of i32. */
  readonly locals: readonly Locals[];
  readonly code: Code;
  /** Size in pages of 64 KiB of the imported memory. */
  readonly memoryPages: number;
  readonly tableLength: number;
}

/** Function indices and the one type in every module: the callout is imported, the region's function is exported. */
export const CALLOUT_FUNCTION = 0;
export const REGION_TYPE = 0;
const REGION_FUNCTION = 1;

const section = (module: Bytes, id: number, fill: (content: Bytes) => void): void => {
  const content = new Bytes();
  fill(content);
  module.byte(id).unsigned(content.length).append(content);
};

/**
 * A module of one function of type (i32) → i32, exported as `run`, over the memory `host.memory` and the table
 * `host.table`; it may call `host.callout`, of the same type.
 */
export const assembleModule = ({locals, code, memoryPages, tableLength}: ModuleParts): Uint8Array => {
  const module = new Bytes();
  for (const byte of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) module.byte(byte);
  section(module, 1, (types) => {
    types.unsigned(1);
    types.byte(0x60).unsigned(1).byte(I32).unsigned(1).byte(I32);
  });
  section(module, 2, (imports) => {
    imports.unsigned(3);
    imports.text('host').text('callout').byte(0).unsigned(REGION_TYPE);
    imports.text('host').text('memory').byte(2).byte(1).unsigned(memoryPages).unsigned(memoryPages);
    imports.text('host').text('table').byte(1).byte(FUNCTION_REFERENCE).byte(0).unsigned(tableLength);
  });
  section(module, 3, (functions) => functions.unsigned(1).unsigned(REGION_TYPE));
  section(module, 7, (exports) => exports.unsigned(1).text('run').byte(0).unsigned(REGION_FUNCTION));
  section(module, 10, (bodies) => {
    const body = new Bytes();
    body.unsigned(locals.length);
    for (const {type, count} of locals) body.unsigned(count).byte(type);
    body.append(code).byte(OP.end);
    bodies.unsigned(1).unsigned(body.length).append(body);
  });
  return module.view();
};
