import {Args} from '@oclif/core';
import {InputError} from '../../files/errors.ts';
import {nearest} from '../../files/nearest.ts';
import {type Guest, readCatalogue} from '../../tracegen/catalogue.ts';
import {BaseCommand} from '../base.ts';
import {defaultArguments} from '../catalogued-guest.ts';
import {fieldList} from '../format.ts';
import {textTable} from '../text-table.ts';

const instructions = (count: number | null): string => (count === null ? '–' : String(count));

const list = (guests: readonly Guest[]): string =>
  textTable(
    ['guest', 'what it does', 'unit of work', 'builds', 'instructions per unit'],
    guests.map(({id, description, unit, builds}) => {
      const counts = builds.flatMap((build) => build.instructionsPerUnit ?? []);
      const range = counts.length === 0 ? instructions(null) : `${Math.min(...counts)} to ${Math.max(...counts)}`;
      return [id, description, unit, String(builds.length), range];
    }),
    {words: 3, widths: [24, 42, 26, null, null]},
  );

const show = (guest: Guest): string => {
  const defaults = defaultArguments(guest).values;
  const args = guest.arguments.map(({name, description}, index) => [name, description, defaults[index] ?? '–']);
  const builds = guest.builds.map((build) => [
    build.profile,
    build.optimization,
    build.elf,
    instructions(build.instructionsPerUnit),
  ]);
  return [
    fieldList([
      ['guest', guest.id],
      ['what it does', guest.description],
      ['unit of work', guest.unit],
      ['marks', guest.marks],
    ]),
    textTable(['argument', 'meaning', 'default'], args, {words: 3, widths: [18, 76, null]}),
    textTable(['profile', 'optimization', 'file', 'instructions per unit'], builds, {words: 3}),
  ].join('\n\n');
};

const find = (guests: readonly Guest[], id: string): Guest => {
  const found = guests.find((guest) => guest.id === id);
  if (found) return found;
  const ids = guests.map((guest) => guest.id);
  const guess = nearest(id, ids);
  throw new InputError(`unknown guest '${id}'`, {
    remedy: guess === undefined ? `choose from ${ids.join(', ')}` : `did you mean '${guess}'?`,
  });
};

export default class Guests extends BaseCommand {
  static override summary = 'List the guest programs that come along, or show one.';
  static override examples = ['<%= config.bin %> guests', '<%= config.bin %> guests dhrystone'];
  static override args = {guest: Args.string({description: 'show its arguments and builds'})};

  async run(): Promise<object> {
    const {args} = await this.parse(Guests);
    const guests = readCatalogue();
    if (args.guest === undefined) {
      this.log(list(guests));
      return {guests};
    }
    const guest = find(guests, args.guest);
    this.log(show(guest));
    return {...guest, defaultArguments: defaultArguments(guest).values};
  }
}
