import { parseArgs } from 'node:util';
import { Platform } from '../../platform/index.js';
import { assertBuilt, inFreshProcess, onLoopback, plainApp, removeApp } from '../support/built.js';
import { machine } from '../support/machine.js';
import { CASES, type Case, ENDPOINT_SCRIPT, type EndpointSample, type Sample, script } from './cases.js';
import { endpointTable, importTable } from './tables.js';

const USAGE = `node bench/run.js imports [--runs 21] [--no-endpoint]

What each entry of the built package costs to import, in time and in memory, beside Node alone and beside the frameworks; and
the memory of a process whose endpoint is in a session with a platform on this machine.
  --runs         of each, every one in a fresh process, in turns
  --no-endpoint  imports alone`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '21' },
      'no-endpoint': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  assertBuilt();
  const imports = new Map<Case, Sample[]>(CASES.map((each) => [each, []]));
  const endpoints: EndpointSample[] = [];
  const platform = await Platform.start({ dataDir: ':memory:', dashboard: false });
  const folder = plainApp();
  try {
    const env = onLoopback(await platform.createApiSecret('bench'));
    for (let run = 1; run <= Number(values.runs); run++) {
      process.stderr.write(`${run} of ${values.runs}\n`);
      for (const [each, samples] of imports) samples.push(await inFreshProcess(script(each)));
      if (!values['no-endpoint']) endpoints.push(await onlineEndpoint(env, folder));
    }
  } finally {
    removeApp(folder);
    await platform.stop();
  }
  console.log(`${machine()}; ${values.runs} runs. Medians, with quartiles in brackets.`);
  console.log(`\n${importTable(imports)}`);
  if (endpoints.length > 0) console.log(`\n${endpointTable(imports, endpoints)}`);
}

async function onlineEndpoint(env: Record<string, string>, folder: string): Promise<EndpointSample> {
  const sample = await inFreshProcess<EndpointSample>(ENDPOINT_SCRIPT, env, folder);
  if (sample.state === 'online') return sample;
  throw new Error(`the endpoint did not get online, it is ${sample.state}`);
}
