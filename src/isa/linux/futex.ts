/** Futexes (futex(2)): queues of tasks by the place of a word. */
import {FRAME_SHIFT, SHARED} from '../memory/address-space.ts';
import {PAGE, PAGE_SHIFT} from '../memory/layout.ts';
import {ERRNO, fail} from './errno.ts';
import type {Kernel} from './kernel.ts';
import {type Waiting, WaitQueue} from './wait.ts';

interface Sleeper {
  readonly queue: WaitQueue;
  readonly bits: number;
  place: number;
  isWoken: boolean;
}

/** The first that came wakes first. */
const sleepersOf = new WeakMap<Kernel, Map<number, Sleeper[]>>();

const table = (kernel: Kernel): Map<number, Sleeper[]> => {
  let places = sleepersOf.get(kernel);
  if (places === undefined) {
    places = new Map();
    sleepersOf.set(kernel, places);
  }
  return places;
};

/** Memory that processes share is named by its frame, other memory by its space and address. */
const placeOf = (kernel: Kernel, address: number): number => {
  if ((address & 3) !== 0) fail('EINVAL');
  const {memory} = kernel;
  if (memory.readableOffset(address) === 0) fail('EFAULT');
  const {space} = memory;
  const entry = space.entry(address >>> PAGE_SHIFT);
  if ((entry & SHARED) === 0) return space.id * 2 ** 32 + (address >>> 0);
  return -((entry >>> FRAME_SHIFT) * PAGE + (address & (PAGE - 1)));
};

const MATCH_ANY = -1;

export function* waitFutex(
  kernel: Kernel,
  address: number,
  deadline: number | undefined,
  bits = MATCH_ANY,
): Waiting<number> {
  const places = table(kernel);
  const sleeper: Sleeper = {queue: new WaitQueue(), bits, place: placeOf(kernel, address), isWoken: false};
  const sleepers = places.get(sleeper.place);
  if (sleepers === undefined) places.set(sleeper.place, [sleeper]);
  else sleepers.push(sleeper);
  try {
    for (;;) {
      const wake = yield {queues: [sleeper.queue], deadline};
      if (sleeper.isWoken) return 0;
      if (wake === 'timeout') return -ERRNO.ETIMEDOUT;
      if (wake === 'signal') return deadline === undefined ? -ERRNO.ERESTARTSYS : -ERRNO.ERESTARTNOHAND;
    }
  } finally {
    remove(places, sleeper);
  }
}

const remove = (places: Map<number, Sleeper[]>, sleeper: Sleeper): void => {
  const left = (places.get(sleeper.place) ?? []).filter((other) => other !== sleeper);
  if (left.length === 0) places.delete(sleeper.place);
  else places.set(sleeper.place, left);
};

/** @returns how many were woken. */
export const wakeFutex = (kernel: Kernel, address: number, most: number, bits = MATCH_ANY): number => {
  const places = table(kernel);
  const sleepers = (places.get(placeOf(kernel, address)) ?? []).filter((one) => (one.bits & bits) !== 0);
  const woken = sleepers.slice(0, Math.max(0, most));
  for (const sleeper of woken) {
    sleeper.isWoken = true;
    remove(places, sleeper);
    sleeper.queue.wake();
  }
  return woken.length;
};

/** Wakes some and moves others to another futex. @returns how many of both. */
export const requeueFutex = (
  kernel: Kernel,
  from: number,
  to: number,
  wake: number,
  move: number,
): readonly [number, number] => {
  const woken = wakeFutex(kernel, from, wake);
  const places = table(kernel);
  const target = placeOf(kernel, to);
  const moved = (places.get(placeOf(kernel, from)) ?? []).slice(0, Math.max(0, move));
  for (const sleeper of moved) {
    remove(places, sleeper);
    sleeper.place = target;
    places.set(target, [...(places.get(target) ?? []), sleeper]);
  }
  return [woken, moved.length];
};
