/** Events in words, derived from what their payload is: {@link EVENT_FIELDS}. */
import {
  EVENT_CHOICES,
  EVENT_FIELDS,
  EVENT_KINDS,
  type EventKind,
  REGISTER_FIELDS,
  TLB_OPERATIONS,
  type TlbOperation,
} from './events.ts';
import {eventKind} from './records.ts';

export const hex = (address: number): string => `0x${address.toString(16).padStart(8, '0')}`;

/** What an operation names of the payload behind it. */
const NAMED: Readonly<Record<TlbOperation, readonly ('space' | 'range')[]>> = {
  all: [],
  space: ['space'],
  pages: ['space', 'range'],
  'pages-of-all': ['range'],
};

const maintenanceText = ([operation, space, address, pages]: readonly number[]): readonly string[] => {
  const name = TLB_OPERATIONS[operation!];
  if (name === undefined) return [operation!, space!, address!, pages!].map(String);
  const texts = {space: `space ${space}`, range: `${pages} pages from ${hex(address!)}`};
  return [name, ...NAMED[name].map((part) => texts[part])];
};

const bits = (word: number, first: number, count: number): number => Math.floor(word / 2 ** first) % 2 ** count;

const MOVES = [
  ['MRC', 'MCR'],
  ['MRRC', 'MCRR'],
] as const;

/** As an assembler has it, without the core's registers. */
const registerText = ([word]: readonly number[]): readonly string[] => {
  const field = (name: keyof typeof REGISTER_FIELDS): number => bits(word!, REGISTER_FIELDS[name], 4);
  const flag = (name: 'isLong' | 'isWrite'): 0 | 1 => bits(word!, REGISTER_FIELDS[name], 1) as 0 | 1;
  const isLong = flag('isLong');
  const numbers = isLong === 1 ? [`c${field('crm')}`] : [`c${field('crn')}`, `c${field('crm')}`, field('opc2')];
  return [MOVES[isLong][flag('isWrite')], [`p${field('coprocessor')}`, field('opc1'), ...numbers].join(', ')];
};

const MEMORY_TYPES = ['Normal', 'Device', 'Strongly-ordered'];

const translationText = (payload: readonly number[]): readonly string[] => {
  const [space, address, form, page, ...descriptors] = payload as [number, number, number, number, ...number[]];
  const isGlobal = bits(form, 6, 1) === 1;
  const read = descriptors.slice(0, bits(form, 8, 2)).map(hex);
  return [
    isGlobal ? 'global' : `space ${space}`,
    `${hex(address)} is ${hex(page)},`,
    `${2 ** bits(form, 0, 6)} bytes, ${MEMORY_TYPES[bits(form, 16, 2)] ?? 'unknown'}`,
    ...(read.length === 0 ? ['without the MMU'] : [`by ${read.join(', ')}`]),
  ];
};

const accessText = ([, address, form, value]: readonly number[]): readonly string[] => {
  const isWrite = bits(form!, 8, 1) === 1;
  const size = bits(form!, 0, 8);
  return [isWrite ? `write of ${hex(value!)}` : `read of ${hex(value!)}`, `${size} bytes at ${hex(address!)}`];
};

/** A larger number than any task has is the address of a machine's tables. */
const MOST_TASKS = 0xffff;
const switchText = ([space, task]: readonly number[]): readonly string[] => [
  `space ${space}`,
  `task ${task! > MOST_TASKS ? hex(task!) : task}`,
];

/** Words that are addresses, or sets of bits. */
const HEXADECIMAL: ReadonlySet<string> = new Set([
  'returnAddress',
  'target',
  'page',
  'mode',
  'function',
  'control',
  'targets',
]);

/** Words that need no name: they are what the kind says. */
const NAMELESS: ReadonlySet<string> = new Set(['number', 'edge']);
const TIME = /^(.*)Low$/;

/** By the names of the words: chosen names, addresses in hexadecimal, times in nanoseconds. */
const plainText = (kind: EventKind, payload: readonly number[]): readonly string[] => {
  const fields: readonly string[] = EVENT_FIELDS[kind];
  return fields.flatMap((field, index) => {
    const word = payload[index]!;
    if (index === 0 && EVENT_CHOICES[kind] !== undefined) return [EVENT_CHOICES[kind][word] ?? String(word)];
    const time = TIME.exec(field)?.[1];
    if (time !== undefined) {
      const nanoseconds = word + payload[index + 1]! * 2 ** 32;
      return [`${time} ${Number.isSafeInteger(nanoseconds) ? `${nanoseconds} ns` : 'never'}`];
    }
    if (field.endsWith('High')) return [];
    const text = HEXADECIMAL.has(field) ? hex(word) : String(word);
    return [NAMELESS.has(field) ? text : `${field} ${text}`];
  });
};

/** Where the words mean something together. */
const TOGETHER: Partial<Readonly<Record<EventKind, (payload: readonly number[]) => readonly string[]>>> = {
  'task-switch': switchText,
  'tlb-maintenance': maintenanceText,
  'register-access': registerText,
  translation: translationText,
  'device-access': (payload) => [
    EVENT_CHOICES['device-access']![payload[0]!] ?? String(payload[0]),
    ...accessText(payload),
  ],
};

/** The words of one event; one that breaks the rules of the format shows its payload as numbers. */
export const eventText = (words: Uint32Array): string => {
  const kind = EVENT_KINDS[eventKind(words[0]!)];
  const payload = [...words.subarray(1)];
  if (kind === undefined || payload.length !== EVENT_FIELDS[kind].length)
    return [kind ?? `event-${eventKind(words[0]!)}`, ...payload].join(' ');
  return [kind, ...(TOGETHER[kind]?.(payload) ?? plainText(kind, payload))].join(' ');
};
