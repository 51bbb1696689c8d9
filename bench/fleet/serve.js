// A child of the bench: a platform as it was built, on a data folder; does what the parent asks for, and tells how it went.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Platform } from 'iroh-net-diagnostics-platform';

const [options] = process.argv.slice(2);
const platform = await Platform.start({
  ...JSON.parse(options),
  onEvent: (event) => {
    counts[event.type] = (counts[event.type] ?? 0) + 1;
    if (event.type === 'session-refused' || event.type === 'request-refused')
      counts[event.why] = (counts[event.why] ?? 0) + 1;
  },
});
let counts = {};
const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();

const tasks = {
  secret: async (label) => (await platform.createApiSecret(label)).reveal(),
  /** The event loop's delays since the last time, in milliseconds, and how often each event came. */
  sample: () => {
    // The histogram counts the timer's own interval in.
    const [max, p99, mean] = [loop.max, loop.percentile(99), loop.mean].map((ns) => ns / 1e6 - 5);
    const sample = { max, p99, mean, events: counts };
    loop.reset();
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
