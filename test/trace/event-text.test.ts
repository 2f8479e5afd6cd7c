import {expect, test} from 'vitest';
import {eventText} from '../../src/trace/event-text.ts';
import {EVENT_FIELDS, EVENT_KINDS, type EventKind, REGISTER_FIELDS} from '../../src/trace/events.ts';
import {EVENT_FLAG, eventRecord} from '../../src/trace/records.ts';

const textOf = (kind: EventKind, ...payload: readonly number[]): string =>
  eventText(Uint32Array.of(eventRecord(kind, payload.length), ...payload));

/** TLBIALLIS: MCR p15, 0, <Rt>, c8, c3, 0. */
const TLB_ALL = (15 << REGISTER_FIELDS.coprocessor) | (8 << REGISTER_FIELDS.crn) | (3 << REGISTER_FIELDS.crm);
const WRITE = 1 << REGISTER_FIELDS.isWrite;
/** CNTPCT: MRRC p15, 0, <Rt>, <Rt2>, c14. */
const COUNTER = (15 << REGISTER_FIELDS.coprocessor) | (14 << REGISTER_FIELDS.crm) | (1 << REGISTER_FIELDS.isLong);

test.each<[EventKind, readonly number[], string]>([
  ['marker', [1], 'marker begin'],
  ['supervisor-call', [4], 'supervisor-call 4'],
  ['task-switch', [2, 1001], 'task-switch space 2 task 1001'],
  ['task-switch', [2, 0x4022_5000], 'task-switch space 2 task 0x40225000'],
  ['tlb-maintenance', [2, 1, 0x6000_0000, 3], 'tlb-maintenance pages space 1 3 pages from 0x60000000'],
  ['exception-entry', [4, 0x4020_0728], 'exception-entry irq returnAddress 0x40200728'],
  ['exception-return', [0x8000, 0x10], 'exception-return target 0x00008000 mode 0x00000010'],
  ['wait', [0, 5, 1], 'wait wfi time 4294967301 ns'],
  ['resume', [869, 0], 'resume time 869 ns'],
  ['send-event', [], 'send-event'],
  ['send-sgi', [3, 6], 'send-sgi interrupt 3 targets 0x00000006'],
  ['device-access', [3, 0x0900_0000, 4 | 256, 0x2e], 'device-access console write of 0x0000002e 4 bytes at 0x09000000'],
  [
    'device-access',
    [1, 0x0801_000c, 4, 27],
    'device-access interrupt-cpu-interface read of 0x0000001b 4 bytes at 0x0801000c',
  ],
  ['hypercall', [0, 0, 0x8400_0000], 'hypercall hvc immediate 0 function 0x84000000'],
  ['register-access', [TLB_ALL | WRITE], 'register-access MCR p15, 0, c8, c3, 0'],
  ['register-access', [COUNTER], 'register-access MRRC p15, 0, c14'],
  ['timer-program', [0, 1, 10, 0, 20, 0], 'timer-program virtual control 0x00000001 time 10 ns due 20 ns'],
  [
    'timer-program',
    [1, 1, 10, 0, 0xffff_ffff, 0xffff_ffff],
    'timer-program physical control 0x00000001 time 10 ns due never',
  ],
  [
    'translation',
    [1, 0x6000_0000, 12 | (2 << 8), 0x4200_0000, 0x4022_1800, 0x4022_5000, 0],
    'translation space 1 0x60000000 is 0x42000000, 4096 bytes, Normal by 0x40221800, 0x40225000',
  ],
  [
    'translation',
    [0, 0x0900_0000, 20 | 64 | (1 << 8) | (1 << 16), 0x0900_0000, 0x4022_0240, 0, 0],
    'translation global 0x09000000 is 0x09000000, 1048576 bytes, Device by 0x40220240',
  ],
  [
    'translation',
    [0, 0x4000_0000, 12 | 64 | (2 << 16), 0x4000_0000, 0, 0, 0],
    'translation global 0x40000000 is 0x40000000, 4096 bytes, Strongly-ordered without the MMU',
  ],
  ['first-touch', [0x4200_1000], 'first-touch page 0x42001000'],
  ['release', [7], 'release 7'],
])('%s %j', (kind, payload, text) => {
  expect(textOf(kind, ...payload)).toBe(text);
});

test('every kind has words, and what breaks the rules shows its numbers', () => {
  for (const kind of EVENT_KINDS) {
    const payload = EVENT_FIELDS[kind].map(() => 0);
    expect(textOf(kind, ...payload)).toMatch(new RegExp(`^${kind}`));
    expect(textOf(kind, ...payload, 9)).toBe([kind, ...payload, 9].join(' '));
  }
  expect(eventText(Uint32Array.of(EVENT_FLAG | (99 << 16) | 1, 5))).toBe('event-99 5');
});
