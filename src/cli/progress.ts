/** A bar on stderr while something long runs; nothing when stderr is not a terminal. */
import {Presets, SingleBar} from 'cli-progress';

export interface Progress {
  update(done: number, total: number): void;
  /** Prints above the bar. */
  say(line: string): void;
  stop(): void;
}

export const startProgress = (title: string): Progress => {
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: `${title} {bar} {value}/{total}`,
      clearOnComplete: true,
      hideCursor: true,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  const isShown = process.stderr.isTTY === true;
  if (isShown) bar.start(1, 0);
  return {
    update: (done, total) => {
      if (!isShown) return;
      bar.setTotal(total);
      bar.update(done);
    },
    say: (line) => {
      process.stderr.write(isShown ? `\r\u001b[K${line}\n` : `${line}\n`);
    },
    stop: () => {
      if (isShown) bar.stop();
    },
  };
};
