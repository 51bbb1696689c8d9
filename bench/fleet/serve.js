// A child of the bench: a platform as it was built, on a data folder; does what the parent asks for, and tells how it went.
import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { Platform } from 'iroh-net-diagnostics-platform';

const [options] = process.argv.slice(2);
const platform = await Platform.start({
  ...JSON.parse(options),
  onEvent: (event) => {
    counts[event.type] = (counts[event.type] ?? 0) + 1;
    if (event.type === 'session-refused' || event.type === 'request-refused')
      counts[event.why] = (counts[event.why] ?? 0) + 1;
    // Refused without a token: most are counted, not told.
    if (event.suppressed > 0) counts.suppressed = (counts.suppressed ?? 0) + event.suppressed;
  },
});
let counts = {};

/** Twice as often costs 1.2 % of a core more, which would count as the platform's. */
const TICK_MS = 10;
/** How long this thread has waited for a processor: on a shared machine that is no fault of its own. */
const waited = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
let delays = [];
let last = { at: performance.now(), waited: waited() };
setInterval(() => {
  const now = { at: performance.now(), waited: waited() };
  const late = Math.max(0, now.at - last.at - TICK_MS);
  delays.push({ late, own: Math.max(0, late - (now.waited - last.waited)) });
  last = now;
}, TICK_MS);

const inspector = new Session();

const tasks = {
  profile: async () => {
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
  },
  profiled: async (path) => {
    writeFileSync(path, JSON.stringify((await inspector.post('Profiler.stop')).profile));
    inspector.disconnect();
  },
  secret: async (label) => (await platform.createApiSecret(label)).reveal(),
  dashboardUrl: () => platform.dashboardUrl,
  /** The event loop's delays since the last time, in milliseconds, and how often each event came. */
  sample: () => {
    const late = delays.map((delay) => delay.late).sort((a, b) => a - b);
    const own = delays.map((delay) => delay.own).sort((a, b) => a - b);
    const sample = {
      ...{ max: late.at(-1) ?? 0, p99: late[Math.floor(late.length * 0.99)] ?? 0, own: own.at(-1) ?? 0 },
      ...{ over: own.filter((ms) => ms > 100).length, events: counts, memory: process.memoryUsage() },
    };
    delays = [];
    counts = {};
    return sample;
  },
  dialBacks: (ids) =>
    Promise.all(
      ids.map(async (id) => {
        const begun = performance.now();
        const failure = await platform.dialBack(id).then(
          () => null,
          (error) => String(error.message),
        );
        return { ms: performance.now() - begun, failure };
      }),
    ),
};

process.on('message', async ({ number, task, argument }) => {
  try {
    process.send({ number, result: await tasks[task](argument) });
  } catch (error) {
    process.send({ number, error: String(error.stack) });
  }
});
process.on('disconnect', async () => {
  await platform.stop();
  process.exit();
});
process.send({ ready: true });
