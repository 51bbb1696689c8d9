/** What a fresh process imports: `first` is there already, as the framework is in an app; `timed` is what it costs. */
export interface Case {
  name: string;
  first: readonly string[];
  timed: readonly string[];
}

const OURS = 'iroh-net-diagnostics';
const NEST = ['reflect-metadata', '@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];

export const BARE: Case = { name: 'Node alone', first: [], timed: [] };

export const CASES: readonly Case[] = [
  BARE,
  alone(OURS),
  alone(`${OURS}/express`),
  alone(`${OURS}/fastify`),
  alone(`${OURS}/services`),
  { name: 'Express', first: [], timed: ['express'] },
  { name: `${OURS}/express after Express`, first: ['express'], timed: [`${OURS}/express`] },
  { name: 'Fastify', first: [], timed: ['fastify'] },
  { name: `${OURS}/fastify after Fastify`, first: ['fastify'], timed: [`${OURS}/fastify`] },
  { name: 'NestJS on Express', first: [], timed: NEST },
  { name: `${OURS}/nest after NestJS`, first: NEST, timed: [`${OURS}/nest`] },
];

function alone(entry: string): Case {
  return { name: entry, first: [], timed: [entry] };
}

/** What `timed` took, by the clock and of the CPU (with all threads), and bytes of the whole process a moment later. */
export interface Sample {
  ms: number;
  cpuMs: number;
  rss: number;
}

export function script({ first, timed }: Case): string {
  return `
for (const name of ${JSON.stringify(first)}) await import(name);
const start = performance.now();
const cpu = process.cpuUsage();
for (const name of ${JSON.stringify(timed)}) await import(name);
const { user, system } = process.cpuUsage(cpu);
const ms = performance.now() - start;
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() }));
process.exit();
`;
}

/** Bytes of a process with the core: the endpoint bound and in a session, then after its first report. */
export interface EndpointSample {
  state: string;
  online: number;
  reported: number;
}

export const ENDPOINT_SCRIPT = `
import { NetDiagnostics } from '${OURS}';
const settle = () => new Promise((resolve) => setTimeout(resolve, 1000));
const diagnostics = NetDiagnostics.start({ logger: false });
const { state } = await diagnostics.ready({ timeoutMs: 20_000 });
await settle();
const online = process.memoryUsage.rss();
await diagnostics.run();
await settle();
console.log(JSON.stringify({ state, online, reported: process.memoryUsage.rss() }));
await diagnostics.stop();
`;
