/** The end of what a guest printed. */
import {expect, test} from 'vitest';
import {ConsoleLog} from '../../src/board/console-log.ts';

const after = (text: string): ConsoleLog => {
  const log = new ConsoleLog();
  for (const character of Buffer.from(text)) log.add(character);
  return log;
};

test('the last twelve lines are kept, and the one that has no end', () => {
  const numbers = Array.from({length: 14}, (_, index) => `${index}`);
  expect(after(`${numbers.join('\r\n')}\r\n/ # `).lines).toEqual([...numbers.slice(2), '/ # ']);
});

test('a line that never ends does not grow for ever', () => {
  expect(after('x'.repeat(100_000)).lines).toEqual(['x'.repeat(400)]);
});

test('a panic is seen when its report ends', () => {
  expect(after('[ 1.0] Kernel panic - not syncing: VFS\n').panicked).toBe(false);
  expect(after('[ 1.0] ---[ end Kernel panic - not syncing: VFS ]---').panicked).toBe(false);
  expect(after('[ 1.0] ---[ end Kernel panic - not syncing: VFS ]---\n').panicked).toBe(true);
});
