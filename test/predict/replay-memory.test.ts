/** Replay keeps nothing of what it has read: memory does not grow with the length of a trace. */
import {expect, it} from 'vitest';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {Replayer} from '../../src/predict/replayer.ts';
import {openRequest} from '../../src/predict/trace-request.ts';
import {chooseGuest} from '../../src/tracegen/catalogue.ts';

it('does not grow over fifty million words', () => {
  const {path, build} = chooseGuest('dhrystone', 'v5-soft', 'O2');
  // 361 instructions and 329 words of records an iteration.
  const options = {path, arguments: ['160000', '100'], profile: build.profile};
  const trace = openRequest({kind: 'guest', options}, undefined);
  const plan = {systems: [{sut: 'kvm', seed: 1}], calibration: loadCalibration(), sampled: undefined};
  const replayer = new Replayer(plan, trace.blocks);
  const sizes: number[] = [];
  let words = 0;
  for (const chunk of trace.chunks) {
    replayer.consume(chunk);
    words += chunk.length;
    sizes.push(process.memoryUsage.rss());
  }
  expect(words).toBeGreaterThan(50_000_000);
  // What was kept of the last two thirds would take 130 MB.
  const third = Math.floor(sizes.length / 3);
  expect(sizes.at(-1)! - Math.max(...sizes.slice(0, third))).toBeLessThan(40e6);
}, 60_000);
