import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { quantile } from './statistics.js';

/**
 * Asks for each of them in turns, and prints how long the answers took.
 * @param api - the URL of a project of the API, with a slash at its end
 * @returns the longest stall of this process's event loop, in milliseconds
 */
export async function measurePages(api: string, rounds: number): Promise<number> {
  const ask = async (path: string) => {
    const answer = await fetch(api + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.text();
  };
  const paths = await pathsFor(ask);
  const times = new Map(paths.map((path) => [path, { ms: [] as number[], cpuMs: [] as number[] }]));
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  for (let round = -3; round < rounds; round += 1) {
    if (round === 0) stalls.enable();
    for (const [path, measured] of times) {
      const [start, cpu] = [performance.now(), process.cpuUsage()];
      await ask(path);
      const ms = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      if (round < 0) continue;
      measured.ms.push(ms);
      measured.cpuMs.push((user + system) / 1000);
    }
  }
  stalls.disable();
  console.log('| `GET …` | median | p95 | most | CPU, median | kB | gzip |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [path, measured] of times) {
    const body = await ask(path);
    const [half, most, all] = [0.5, 0.95, 1].map((share) => quantile(measured.ms, share).toFixed(1));
    const cpu = quantile(measured.cpuMs, 0.5).toFixed(1);
    const [size, packed] = [body.length, gzipSync(body).length].map((bytes) => (bytes / 1000).toFixed(1));
    const shown = path
      .replace(/([0-9a-f]{64},)+[0-9a-f]{64}/, '50 of them')
      .replaceAll(/[0-9a-f]{64}/g, '…')
      .replace(/after=[^&]*/, 'after=…');
    console.log(`| \`${shown.slice(0, 90)}\` | ${half} | ${most} | ${all} | ${cpu} | ${size} | ${packed} |`);
  }
  return stalls.max / 1e6;
}

/** What the pages ask for, and what is hard. */
async function pathsFor(ask: (path: string) => Promise<string>): Promise<string[]> {
  interface Page {
    items: { id: string; name: string }[];
    next: string | null;
  }
  const page = async (path: string): Promise<Page> => JSON.parse(await ask(path));
  const first = await page('endpoints');
  let after = first.next ?? '';
  for (let pages = 0; pages < 15; pages += 1)
    after = (await page(`endpoints?limit=500&after=${after}`)).next ?? after;
  const ids = first.items.map(({ id }) => id);
  const [one = ''] = ids;
  const { reports } = JSON.parse(await ask(`endpoints/${one}`)) as { reports: { next: string | null } };
  return [
    'endpoints',
    'endpoints?limit=500',
    `endpoints?after=${after}`,
    'endpoints?sort=name',
    'endpoints?search=0999',
    'endpoints?search=nobody',
    'endpoints?level=orange&online=true',
    'endpoints?nat=Endpoint-Dependent&grant=expired',
    'endpoints?group=ci&version=1.0.0',
    'endpoints?attribute=region=eu-west',
    'endpoints?attribute=host=host-7&attribute=region=us-east',
    'endpoints?attribute=host=nobody',
    `endpoints?ids=${ids.join(',')}`,
    'fleet',
    `endpoints/${one}`,
    `endpoints/${one}/reports?before=${reports.next ?? 'f'.repeat(20)}`,
    `endpoints/${one}/metrics`,
    'secrets',
  ];
}
