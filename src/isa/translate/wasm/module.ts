/** Modules of WebAssembly around the code of functions: WebAssembly Core Specification 2.0, 5.5. */
import {Bytes, Code} from './code.ts';
import {I32, OP} from './opcodes.ts';

const FUNCTION_REFERENCE = 0x70;

export interface Locals {
  readonly type: number;
  readonly count: number;
}

export interface ModuleParts {
  /** Of every function: a parameter and a result of i32. */
  readonly locals: readonly Locals[];
  readonly codes: readonly Code[];
  /** Where the table gets the first function; the others follow it. */
  readonly firstIndex: number;
  /** Size in pages of 64 KiB of the imported memory. */
  readonly memoryPages: number;
  readonly tableLength: number;
}

/** The callout is imported, and the functions of regions follow it; all are of one type. */
export const CALLOUT_FUNCTION = 0;
export const REGION_TYPE = 0;
const FIRST_REGION_FUNCTION = 1;

const section = (module: Bytes, id: number, fill: (content: Bytes) => void): void => {
  const content = new Bytes();
  fill(content);
  module.byte(id).unsigned(content.length).append(content);
};

const begin = (): Bytes => {
  const module = new Bytes();
  for (const byte of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) module.byte(byte);
  return module;
};

const functionType = (types: Bytes, parameters: number): void => {
  types.byte(0x60).unsigned(parameters);
  for (let index = 0; index < parameters; index++) types.byte(I32);
  types.unsigned(1).byte(I32);
};

const importTable = (imports: Bytes, tableLength: number): void => {
  imports.text('host').text('table').byte(1).byte(FUNCTION_REFERENCE).byte(0).unsigned(tableLength);
};

const functionBody = (bodies: Bytes, locals: readonly Locals[], code: Code): void => {
  const body = new Bytes();
  body.unsigned(locals.length);
  for (const {type, count} of locals) body.unsigned(count).byte(type);
  body.append(code).byte(OP.end);
  bodies.unsigned(body.length).append(body);
};

/**
 * A module of functions of type (i32) → i32 over the memory `host.memory` and the table `host.table`, which it puts them
 * into; they may call `host.callout`, of the same type.
 */
export const assembleModule = ({locals, codes, firstIndex, memoryPages, tableLength}: ModuleParts): Uint8Array => {
  const module = begin();
  section(module, 1, (types) => functionType(types.unsigned(1), 1));
  section(module, 2, (imports) => {
    imports.unsigned(3);
    imports.text('host').text('callout').byte(0).unsigned(REGION_TYPE);
    imports.text('host').text('memory').byte(2).byte(1).unsigned(memoryPages).unsigned(memoryPages);
    importTable(imports, tableLength);
  });
  section(module, 3, (functions) => {
    functions.unsigned(codes.length);
    for (const _ of codes) functions.unsigned(REGION_TYPE);
  });
  section(module, 9, (elements) => {
    elements.unsigned(1).unsigned(0).append(new Code().constant(firstIndex)).byte(OP.end).unsigned(codes.length);
    for (const index of codes.keys()) elements.unsigned(FIRST_REGION_FUNCTION + index);
  });
  section(module, 10, (bodies) => {
    bodies.unsigned(codes.length);
    for (const code of codes) functionBody(bodies, locals, code);
  });
  return module.view();
};

/** A module whose function `enter` calls, with its first parameter, the function of the table that the second one names. */
export const assembleEntrance = (tableLength: number): Uint8Array => {
  const module = begin();
  section(module, 1, (types) => {
    functionType(types.unsigned(2), 1);
    functionType(types, 2);
  });
  section(module, 2, (imports) => importTable(imports.unsigned(1), tableLength));
  section(module, 3, (functions) => functions.unsigned(1).unsigned(REGION_TYPE + 1));
  section(module, 7, (exports) => exports.unsigned(1).text('enter').byte(0).unsigned(0));
  section(module, 10, (bodies) =>
    functionBody(bodies.unsigned(1), [], new Code().get(0).get(1).returnCallIndirect(REGION_TYPE)),
  );
  return module.view();
};
