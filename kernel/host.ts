/** What the kernel asks of its host (src/costmodel/kernel/kernel-replay.ts); all of it is rare. */

/** Makes sure that the page of `virtual` is mapped, and that its tables are in the kernel's memory. */
export declare function touch(virtual: u32): void;

/** Cycles of a block behind another (-1 for none). */
export declare function pairCycles(previous: i32, block: i32): f64;

/** A marker of the trace. */
export declare function marker(id: u32): void;

/** Makes `space` the one whose tables and pages are in the kernel's memory's places. */
export declare function switchSpace(space: u32): void;

/** Nothing runs in `space` any more. */
export declare function endSpace(space: u32): void;

/** A machine's `translation` event, whose payload is at `at`. */
export declare function announce(at: usize): void;

/** A machine's kernel has invalidated what it announced. */
export declare function dropAnnounced(operation: i32, space: u32, address: u32, pages: u32): void;

/** Puts what maps `virtual` in GUEST_PAGE, all that a walk needs being mapped in stage 2. Does not return where nothing does. */
export declare function findPage(virtual: u32): void;

/** Is anything announced that maps `virtual`? */
export declare function isAnnounced(virtual: u32): bool;
