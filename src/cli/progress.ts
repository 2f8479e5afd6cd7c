/** A bar on stderr while something long runs; nothing but said lines when stderr is not a terminal. */
import {Presets, SingleBar} from 'cli-progress';

export interface Progress {
  update(done: number, total: number): void;
  /** For work of unknown length: counts millions of words of the record stream. */
  words(): (words: number) => void;
  say(line: string): void;
  stop(): void;
}

const CLEAR_LINE = '\r\u001b[K';

const counted = (title: string): SingleBar =>
  new SingleBar(
    {stream: process.stderr, format: `${title} {bar} {value}/{total}`, clearOnComplete: true, noTTYOutput: false},
    Presets.shades_classic,
  );

const MILLION = 1e6;

export const startProgress = (title: string): Progress => {
  const isShown = process.stderr.isTTY === true;
  let bar: SingleBar | undefined;
  let shown = 0;
  const stop = () => {
    bar?.stop();
    bar = undefined;
    if (shown > 0) process.stderr.write(CLEAR_LINE);
    shown = 0;
  };
  return {
    stop,
    update: (done, total) => {
      if (!isShown) return;
      if (bar === undefined) {
        bar = counted(title);
        bar.start(total, done);
      }
      bar.setTotal(total);
      bar.update(done);
    },
    words: () => {
      let words = 0;
      return (more) => {
        words += more;
        if (!isShown || words < (shown + 1) * MILLION) return;
        shown = Math.floor(words / MILLION);
        process.stderr.write(`${CLEAR_LINE}${title}: ${shown} million words of the trace`);
      };
    },
    say: (line) => {
      process.stderr.write(isShown ? `${CLEAR_LINE}${line}\n` : `${line}\n`);
    },
  };
};
