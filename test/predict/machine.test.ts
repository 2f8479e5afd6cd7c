/** What is said of a machine's trace beside its replay: events, the kernel's footprint, what cannot be asked. */
import {describe, expect, test} from 'vitest';
import {FootprintTally} from '../../src/predict/kernel-footprint.ts';
import {machineSystems} from '../../src/predict/machine-systems.ts';
import {countOfKind, MachineTally, possibleExits} from '../../src/predict/machine-tally.ts';
import {measure, ratedActivities, timedActivities} from '../../src/predict/measure.ts';
import {pageSizeSystems, replayReports} from '../../src/predict/replay-report.ts';
import {EVENT_FIELDS, EVENT_KINDS, type EventKind} from '../../src/trace/events.ts';
import {eventRecord, PREFETCH, READ} from '../../src/trace/records.ts';
import {MACHINE_HEADER as MACHINE, RAM, translationWords} from '../costmodel/machine-streams.ts';
import {CALIBRATION as C, SUTS} from '../costmodel/replays.ts';
import {BLOCKS, blockWords, chunkOf, markerWords, sourceOf, taskSwitchWords} from '../costmodel/streams.ts';

const event = (kind: EventKind, ...payload: readonly number[]): number[] => {
  expect(payload).toHaveLength(EVENT_FIELDS[kind].length);
  return [eventRecord(kind, payload.length), ...payload];
};

const USER = 0x10;
const toUser = event('exception-return', 0x8000, USER);
const toKernel = event('exception-entry', 1, 0x8000);

const tallied = (words: readonly number[]) => {
  const tally = new MachineTally();
  tally.consume(chunkOf(words));
  return tally.result;
};

describe('events', () => {
  test('by kind and class, each kind before its classes', () => {
    const words = [
      ...event('wait', 0, 5, 0),
      ...event('wait', 1, 6, 0),
      ...event('wait', 0, 7, 0),
      ...event('device-access', 3, 0x900_0000, 4 | (1 << 8), 65),
      ...event('device-access', 0, 0x800_0100, 4, 1),
      ...event('device-access', 0, 0x800_0100, 4, 1),
      // MCR p15, 0, <Rt>, c1, c0, 1 and MRRC p15, 1, <Rt>, <Rt2>, c14.
      ...event('register-access', 1 | (1 << 8) | (15 << 16) | (1 << 21)),
      ...event('register-access', (14 << 4) | (1 << 12) | (15 << 16) | (1 << 20)),
      ...event('send-sgi', 1, 2),
    ];
    expect(tallied(words).events).toEqual([
      {kind: 'wait', class: null, count: 3},
      {kind: 'wait', class: 'wfe', count: 1},
      {kind: 'wait', class: 'wfi', count: 2},
      {kind: 'send-sgi', class: null, count: 1},
      {kind: 'device-access', class: null, count: 3},
      {kind: 'device-access', class: 'console write', count: 1},
      {kind: 'device-access', class: 'interrupt-distributor read', count: 2},
      {kind: 'register-access', class: null, count: 2},
      {kind: 'register-access', class: 'p15,0,c1,c0,1 write', count: 1},
      {kind: 'register-access', class: 'p15,1,c14 read', count: 1},
    ]);
  });

  test('translations by size, reach and memory', () => {
    const page = {space: 3, address: 0, page: RAM.base, descriptors: [RAM.base]};
    const words = [
      ...translationWords({...page, bits: 20, isGlobal: true}),
      ...translationWords({...page, bits: 12, type: 1}),
      ...translationWords({...page, bits: 12, type: 2, descriptors: []}),
    ];
    expect(tallied(words).events.map(({class: name}) => name)).toEqual([
      null,
      '2^12 device',
      '2^20 global normal',
      'MMU off strongly-ordered',
    ]);
  });

  test('of the part between the markers', () => {
    const wait = event('wait', 0, 5, 0);
    const words = [...wait, ...markerWords('begin'), ...wait, ...wait, ...markerWords('end'), ...wait];
    expect(countOfKind(tallied(words), 'wait')).toBe(2);
    expect(countOfKind(tallied([...wait, ...wait]), 'wait')).toBe(2);
    expect(countOfKind(tallied(words), 'hypercall')).toBe(0);
  });

  test('what cannot be trapped is no possible exit', () => {
    // Of a write to the distributor, one to the CPU interface, the virtual and the physical timer, SEV and WFI: the first, the fourth, the last.
    const words = [
      ...event('device-access', 0, RAM.base, 0x104, 1),
      ...event('device-access', 1, RAM.base, 0x104, 1),
      ...event('timer-program', 0, 1, 0, 0, 9, 0),
      ...event('timer-program', 1, 1, 0, 0, 9, 0),
      ...event('send-event'),
      ...event('wait', 0, 5, 0),
    ];
    expect(possibleExits(tallied(words))).toBe(3);
  });

  test('a process is switched to when its code goes on, not while the kernel writes TTBR0', () => {
    const through = (...tasks: readonly number[]) => tasks.flatMap((task) => taskSwitchWords(task, task));
    const words = [
      ...through(1),
      ...toUser,
      ...toKernel,
      ...through(0, 1),
      ...toUser,
      ...toKernel,
      ...through(0, 2),
      ...toUser,
    ];
    expect(tallied(words).processSwitches).toBe(1);
    expect(countOfKind(tallied(words), 'task-switch')).toBe(5);
  });

  test('every kind of event is counted', () => {
    const words = EVENT_KINDS.filter((kind) => kind !== 'marker').flatMap((kind) =>
      event(kind, ...EVENT_FIELDS[kind].map(() => 0)),
    );
    const kinds = tallied(words).events.flatMap((one) => (one.class === null ? one.kind : []));
    expect(kinds).toEqual(EVENT_KINDS.filter((kind) => kind !== 'marker'));
  });
});

describe('footprint of the kernel', () => {
  const [first, second] = [0, 2].map((id) => BLOCKS[id]!);
  const linesOf = (...blocks: readonly (typeof BLOCKS)[number][]): number =>
    new Set(
      blocks.flatMap(({address, size}) => {
        const start = Math.floor(address / 64);
        return Array.from({length: Math.floor((address + size - 1) / 64) - start + 1}, (_, n) => start + n);
      }),
    ).size;
  const block = (id: number, ...addresses: readonly number[]) =>
    blockWords(
      id,
      addresses.map((address) => ({address, size: 4, kind: READ})),
    );
  const footprint = (windowInstructions: number, words: readonly number[]) => {
    const tally = new FootprintTally(BLOCKS, windowInstructions);
    tally.consume(chunkOf(words));
    return tally.result;
  };
  const [one, two] = [first!, second!].map(({instructions}) => instructions.length) as [number, number];

  test('lines once a window, whatever their number of accesses; what PL0 touches is none of it', () => {
    const words = [
      ...toKernel,
      ...block(0, 0x1000),
      ...block(0, 0x1004),
      ...block(2, 0x1040),
      ...toUser,
      ...block(2, 0x9000),
    ];
    expect(footprint(2 * one + 2 * two, words)).toEqual({
      windows: 1,
      codeLines: linesOf(first!, second!),
      dataLines: 2,
      kernelShare: (2 * one + two) / (2 * one + 2 * two),
    });
  });

  test('means over windows; the rest that fills none is left out', () => {
    const words = [...toKernel, ...block(2, 0x1000, 0x2000), ...block(2, 0x1000), ...block(0, 0x3000)];
    expect(footprint(two, words)).toMatchObject({windows: 2, codeLines: linesOf(second!), dataLines: 1.5});
  });

  test('before an event says at which level code runs, it is of neither; a marker begins anew; a PLD touches nothing', () => {
    const prefetch = blockWords(0, [{address: 0x7000, size: 1, kind: PREFETCH}]);
    expect(footprint(one, block(0, 0x1000))).toMatchObject({windows: 1, codeLines: 0, dataLines: 0});
    const words = [
      ...toKernel,
      ...block(0, 0x1000),
      ...markerWords('begin'),
      ...prefetch,
      ...markerWords('end'),
      ...block(0),
    ];
    expect(footprint(one, words)).toMatchObject({windows: 1, codeLines: linesOf(first!), dataLines: 0});
  });
});

describe('systems', () => {
  test("the kernel's part of an activity is in the trace", () => {
    for (const sut of SUTS) {
      const guest = {machine: MACHINE};
      const names = (activities: readonly {readonly paths: readonly {readonly name: string}[]}[]) =>
        activities.map(({paths}) => paths.map(({name}) => name));
      const left = names(timedActivities(C, sut, guest));
      expect(left.flat().some((name) => name.startsWith('linux:'))).toBe(false);
      expect(left.every((paths) => paths.length > 0)).toBe(true);
      expect(names(ratedActivities(C, sut, 1, guest))).toEqual(left);
      const all = names(timedActivities(C, sut)).flat();
      expect(left.flat()).toEqual(all.filter((name) => !name.startsWith('linux:')));
    }
  });

  test('what the trace says cannot be changed', () => {
    const changed = pageSizeSystems(C, ['kvm'], ['64K'], ['4K'], 1);
    expect(() => machineSystems(C, changed, MACHINE)).toThrow(/stage 1 of a machine's trace is what its kernel mapped/);
    const kept = pageSizeSystems(C, ['host', 'kvm'], undefined, ['4K', '2M'], 1);
    expect(machineSystems(C, kept, MACHINE).map(({sut, machine}) => [sut, machine])).toEqual([
      ['host', MACHINE],
      ['kvm', MACHINE],
      ['kvm', MACHINE],
    ]);
    const {stage1, placement, stage2} = C.hypervisors.host!;
    const moved = {sut: 'host', seed: 1, policy: {stage1, stage2, placement: {...placement, source: 'elsewhere'}}};
    expect(() => machineSystems(C, [moved], MACHINE)).toThrow(/'host' has no stage 2/);
  });

  test('a report says whose stage 1 it is, and replays it', () => {
    const {address} = BLOCKS[0]!;
    const page = {
      space: 0,
      address: address - (address % 4096),
      bits: 12,
      page: RAM.base,
      descriptors: [RAM.base + 64],
    };
    const words = [...translationWords(page), ...blockWords(0, []), ...blockWords(0, [])];
    const systems = machineSystems(C, [{sut: 'host', seed: 1}], MACHINE);
    const [report] = replayReports(sourceOf(words), systems, C);
    expect(report).toMatchObject({stage1: "the guest's own", stage2: null, walk: null});
    expect(report!.counts['walk.stage1Reads']).toBe(1);
    expect(() => measure(sourceOf(blockWords(0, [])), systems, C, 1)).toThrow(/broken at chunk 1, record 0/);
  });
});
