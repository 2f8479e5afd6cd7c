/** What the kernel asks of its host; all of it is rare. */

/** Makes sure that the page of `virtual` is mapped, and that its tables are in the kernel's memory. */
// @ts-ignore: AssemblyScript's way to name an import
@external("host", "touch")
export declare function touch(virtual: u32): void;

/** Cycles of a block behind another (-1 for none). */
// @ts-ignore
@external("host", "cycles")
export declare function pairCycles(previous: i32, block: i32): f64;

/** A marker of the trace. */
// @ts-ignore
@external("host", "marker")
export declare function marker(id: u32): void;
