// A program of its own: its first argument is options of `diagnose` as JSON. Each of two cluster workers makes a
// report at the same time as the other; both go out as JSON, one a line.
import cluster from 'node:cluster';
import { type DiagnoseOptions, diagnose } from '../../../lib/diagnose/index.js';

const WORKERS = 2;

async function work(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as DiagnoseOptions;
  const report = await diagnose({
    ...options,
    // Loopback plays the Internet.
    isPublicAddress: () => true,
    environment: { lookup: async () => [{ ip: '127.0.0.1', family: 4 }], env: {} },
  });
  process.send?.(report);
}

if (cluster.isPrimary) {
  for (let count = 0; count < WORKERS; count += 1) {
    const worker = cluster.fork();
    worker.on('message', (report) => {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      worker.disconnect();
    });
  }
} else {
  work().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
