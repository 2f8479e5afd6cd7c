/** The L1 stride prefetcher's training: src/costmodel/prefetcher.ts. */
import {
  PREFETCH_LAST,
  PREFETCH_MAXIMUM_STRIDE,
  PREFETCH_MISSES,
  PREFETCH_PAGE_LINES,
  PREFETCH_PAGE_SHIFT,
  PREFETCH_STRIDE,
  PREFETCH_TRIGGER,
} from '../src/costmodel/kernel/layout';

/** A load or PLD missed `line`. Returns whether the stream is trained. */
export function trainOnMiss(line: i32): bool {
  const last = load<i32>(PREFETCH_LAST);
  const difference = line - last;
  if (!samePage(line, last)) {
    store<i32>(PREFETCH_STRIDE, 0);
    store<i32>(PREFETCH_MISSES, 1);
  } else if (difference !== 0 && difference === load<i32>(PREFETCH_STRIDE)) {
    store<i32>(PREFETCH_MISSES, load<i32>(PREFETCH_MISSES) + 1);
  } else {
    const usable = difference !== 0 && abs(difference) <= load<i32>(PREFETCH_MAXIMUM_STRIDE);
    store<i32>(PREFETCH_STRIDE, usable ? difference : 0);
    store<i32>(PREFETCH_MISSES, usable ? 2 : 1);
  }
  return advanceTo(line);
}

/** The stream caught up with a prefetched line: it goes on from there. */
export function advanceTo(line: i32): bool {
  store<i32>(PREFETCH_LAST, line);
  return load<i32>(PREFETCH_MISSES) >= load<i32>(PREFETCH_TRIGGER);
}

export function samePage(line: i32, other: i32): bool {
  if (other < 0) return false;
  const shift = load<i32>(PREFETCH_PAGE_SHIFT);
  if (shift >= 0) return (line ^ other) >> shift === 0;
  const lines = load<f64>(PREFETCH_PAGE_LINES);
  return Math.floor(<f64>line / lines) === Math.floor(<f64>other / lines);
}
