import {expect, test} from 'vitest';
import {Edges} from '../../../src/tracegen/machine/edges.ts';

/** Edges of three vCPUs, with what was told of them, and the instructions that each has executed. */
const setUp = () => {
  const told: string[] = [];
  const executed = [0, 0, 0];
  let edge = 0;
  const edges = new Edges(3, {
    release: (cpu) => {
      told.push(`${cpu} release ${edge}`);
      return edge++;
    },
    acquire: (cpu, number) => told.push(`${cpu} acquire ${number}`),
    executed: (cpu) => executed[cpu]!,
  });
  return {edges, told, executed};
};

test('who was woken is behind all who woke it, once', () => {
  const {edges, told} = setUp();
  edges.wake(0, 2);
  edges.wake(1, 2);
  edges.wake(2, 2);
  edges.woken(2);
  edges.woken(2);
  edges.woken(1);
  expect(told).toEqual(['0 release 0', '1 release 1', '2 acquire 0', '2 acquire 1']);
});

test('of a bunch of wakes from one vCPU there are two edges: of the first, and of all until then', () => {
  const {edges, told, executed} = setUp();
  edges.wake(0, 2);
  for (let more = 0; more < 5; more++) {
    executed[0]!++;
    edges.wake(0, 2);
  }
  executed[0]!++;
  expect(told).toEqual(['0 release 0']);
  edges.woken(2);
  expect(told.slice(1)).toEqual(['2 acquire 0', '0 release 1', '2 acquire 1']);
  edges.wake(0, 2);
  edges.woken(2);
  expect(told.slice(4)).toEqual(['0 release 2', '2 acquire 2']);
});

test('a WFE that an event keeps from waiting is behind those who sent it, once', () => {
  const {edges, told, executed} = setUp();
  executed[0] = 1;
  edges.signal(0, 1);
  edges.signal(0, 1);
  edges.signal(1, 1);
  edges.takeEvent(2);
  expect(told).toEqual([]);
  executed[0] = 2;
  edges.takeEvent(1);
  edges.takeEvent(1);
  expect(told).toEqual(['0 release 0', '1 acquire 0']);
});

test('an exclusive access is behind the last one of another vCPU to its granule', () => {
  const {edges, told} = setUp();
  edges.exclusive(0, 0x1000);
  edges.exclusive(0, 0x1004);
  edges.exclusive(1, 0x1040);
  expect(told).toEqual([]);
  edges.exclusive(1, 0x103c);
  expect(told).toEqual(['0 release 0', '1 acquire 0']);
  // Neither has executed anything since.
  edges.exclusive(0, 0x1000);
  expect(told.splice(0, 4)).toHaveLength(4);
  edges.exclusive(1, 0x1000);
  expect(told).toEqual([]);
});

test('an edge says nothing new until its vCPU has gone on', () => {
  const {edges, told, executed} = setUp();
  edges.exclusive(0, 0);
  edges.exclusive(0, 64);
  edges.exclusive(1, 0);
  edges.exclusive(1, 64);
  expect(told).toEqual(['0 release 0', '1 acquire 0']);
  executed[0] = 1;
  edges.exclusive(0, 128);
  edges.exclusive(1, 128);
  expect(told.slice(2)).toEqual(['0 release 1', '1 acquire 1']);
  edges.start(1, 2);
  expect(told.slice(4)).toEqual(['1 release 2', '2 acquire 2']);
});
