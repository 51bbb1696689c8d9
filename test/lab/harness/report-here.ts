// Runs inside a lab's namespace as a program of its own: options as JSON in, the report as JSON out.
import { type DiagnoseOptions, diagnose } from '../../../lib/diagnose.js';

import { isPublicAddress as isPublicOutside } from '../../../lib/report/index.js';

/** In a lab the documentation ranges play the Internet. */
const isPublicAddress = (ip: string) =>
  /^(203\.0\.113\.|198\.51\.100\.|2001:db8:)/.test(ip) || isPublicOutside(ip);

async function main(): Promise<void> {
  const { times = 1, ...options } = JSON.parse(process.argv[2] ?? '{}') as DiagnoseOptions & {
    times?: number;
  };
  for (let time = 0; time < times; time += 1) {
    const started = performance.now();
    const report = await diagnose({ ...options, isPublicAddress, environment: { env: {} } });
    process.stdout.write(`${JSON.stringify({ ms: performance.now() - started, report })}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
