/** Names the nearest command when a script calls one that does not exist; at a terminal oclif's plugin asks instead. */
import type {Hook} from '@oclif/core';
import {nearest} from '../../files/nearest.ts';

const USAGE = 2;

const words = (id: string): string => id.replaceAll(':', ' ');

const hook: Hook<'init'> = async function ({config, id}) {
  if (process.stdin.isTTY || id === undefined || id.startsWith('-')) return;
  if (config.findCommand(id) !== undefined || config.findTopic(id) !== undefined) return;
  const known = config.commands.filter(({hidden}) => !hidden).map((command) => words(command.id));
  const guess = nearest(words(id), known) ?? nearest(words(id).split(' ')[0]!, known);
  const hint = guess === undefined ? `commands are ${known.join(', ')}` : `did you mean '${guess}'?`;
  process.stderr.write(`trapwalk: unknown command '${words(id)}'; ${hint}\n`);
  this.exit(USAGE);
};

export default hook;
