import {readCsv} from '../../../files/csv.ts';
import {packagePath} from '../../../files/paths.ts';
import {BaseCommand} from '../../base.ts';
import {textTable} from '../../text-table.ts';

const COLUMNS = [
  'table',
  'hypervisor',
  'component',
  'size_mb_min',
  'size_mb_max',
  'size_qualifier',
  'memory_mb_min',
  'memory_qualifier',
  'note',
] as const;
type FootprintRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

const text = (rows: readonly FootprintRow[]): string =>
  [...new Set(rows.map(({table}) => table))]
    .map((table) => {
      const own = rows.filter((row) => row.table === table);
      const body = own.map((row) => [
        row.component,
        row.size_mb_min,
        row.size_mb_max || '–',
        row.size_qualifier,
        row.memory_mb_min || '–',
        row.memory_qualifier,
        row.note || '–',
      ]);
      const head = ['component', 'size, MB', 'up to', 'as published', 'memory, MB', 'as published', 'note'];
      return `Table ${table}: ${own[0]!.hypervisor}, published memory footprint\n${textTable(head, body, {words: 7, widths: [null, null, null, 18, null, 26, 32]})}`;
    })
    .join('\n\n');

const optional = (field: string): number | null => (field === '' ? null : Number(field));

export default class HypervisorsFootprint extends BaseCommand {
  static override summary = 'Show the published memory footprints (tables I to III).';
  static override examples = ['<%= config.bin %> hypervisors footprint'];

  async run(): Promise<object> {
    await this.parse(HypervisorsFootprint);
    const rows = readCsv(packagePath('calibration', 'published', 'footprint.csv'), COLUMNS);
    this.log(text(rows));
    return {
      footprints: rows.map(({table, hypervisor, component, note, ...row}) => ({
        table,
        hypervisor,
        component,
        sizeMegabytes: {
          least: optional(row.size_mb_min),
          most: optional(row.size_mb_max),
          asPublished: row.size_qualifier,
        },
        memoryMegabytes: {least: optional(row.memory_mb_min), asPublished: row.memory_qualifier},
        note,
      })),
    };
  }
}
