/** The parts of the WebAssembly JavaScript interface in use; TypeScript declares them in its library of browsers only. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: {readonly initial: number; readonly maximum?: number});
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  class Table {
    constructor(descriptor: {readonly element: 'anyfunc'; readonly initial: number; readonly maximum?: number});
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(by: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports?: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }

  function validate(bytes: Uint8Array): boolean;
}
