/** What all commands share: `--json`, data on stdout and everything else on stderr, errors as one line. */
import {Command} from '@oclif/core';
import {failureOf} from './failure.ts';

/** A reader that stops early (`trapwalk … | head`) is no error. */
const endQuietly = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
};

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  protected override async init(): Promise<void> {
    await super.init();
    if (process.stdout.listenerCount('error', endQuietly) === 0) process.stdout.on('error', endQuietly);
  }

  /** Data; nothing with `--json`, which prints what `run` returns. */
  override log(text = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${text}\n`);
  }

  /** For the person at the terminal. */
  protected note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  /** Takes what follows `--` from `argv`, so that the rest is parsed strictly. */
  protected takeGuestArguments(): readonly string[] | undefined {
    const at = this.argv.indexOf('--');
    return at < 0 ? undefined : this.argv.splice(at).slice(1);
  }

  protected override async catch(error: Error): Promise<never> {
    const failure = failureOf(error, [...Object.keys(this.ctor.flags ?? {}), 'json']);
    if (failure === undefined) throw error;
    if (this.jsonEnabled()) this.logJson({error: {name: error.name, message: failure.message}});
    this.note(`trapwalk: ${failure.message}`);
    return this.exit(failure.exitCode);
  }
}
