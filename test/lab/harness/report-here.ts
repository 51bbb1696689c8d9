// Runs inside a lab's namespace as a program of its own: options as JSON in, the report as JSON out.
import { type DiagnoseOptions, diagnose } from '../../../lib/diagnose.js';
import { isPublicAddress } from './lab-internet.js';

async function main(): Promise<void> {
  const {
    times = 1,
    env = {},
    ...options
  } = JSON.parse(process.argv[2] ?? '{}') as DiagnoseOptions & {
    times?: number;
    env?: NodeJS.ProcessEnv;
  };
  for (let time = 0; time < times; time += 1) {
    const started = performance.now();
    const report = await diagnose({ ...options, isPublicAddress, environment: { env } });
    process.stdout.write(`${JSON.stringify({ ms: performance.now() - started, report })}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
