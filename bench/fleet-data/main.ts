import { parseArgs } from 'node:util';
import { fillFolder } from '../../test/support/fleet-data.js';

const USAGE = `node bench/run.js fleet-data --data FOLDER [--endpoints 10000] [--reports 1000000] [--days 90]

Fills a new data folder with a made-up fleet, to measure a platform with: serve --data FOLDER. The same words give the
same fleet.`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      endpoints: { type: 'string', default: '10000' },
      reports: { type: 'string', default: '1000000' },
      days: { type: 'string', default: '90' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.data === undefined) {
    console.log(USAGE);
    return;
  }
  const start = performance.now();
  await fillFolder(values.data, {
    endpoints: Number(values.endpoints),
    reports: Number(values.reports),
    days: Number(values.days),
    onProgress: (table, rows) => {
      if (rows % 100_000 === 0) console.log(`${table}: ${rows.toLocaleString('en')} rows`);
    },
  });
  console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
}
