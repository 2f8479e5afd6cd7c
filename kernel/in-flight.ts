/** Requests of one kind under way: src/costmodel/in-flight.ts. */
import {IN_FLIGHT_COUNT, IN_FLIGHT_DONE, IN_FLIGHT_NEXT} from '../src/costmodel/kernel/layout';

function doneAt(requests: usize, index: i32): usize {
  return requests + IN_FLIGHT_DONE + ((<usize>index) << 3);
}

/** The earliest time from `time` on at which the next may begin. */
export function freeAt(requests: usize, time: f64): f64 {
  const oldest = load<f64>(doneAt(requests, load<i32>(requests + IN_FLIGHT_NEXT)));
  return oldest > time ? oldest : time;
}

/** One has begun that will be over at `done`. */
export function begin(requests: usize, done: f64): void {
  const index = load<i32>(requests + IN_FLIGHT_NEXT);
  store<f64>(doneAt(requests, index), done);
  const next = index + 1;
  store<i32>(requests + IN_FLIGHT_NEXT, next === load<i32>(requests + IN_FLIGHT_COUNT) ? 0 : next);
}
