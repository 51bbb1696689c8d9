// Runs inside a lab's namespace as a program of its own: options as JSON in, the report as JSON out.
import { type DiagnoseOptions, diagnose } from '../../lib/diagnose.js';

/** In a lab the documentation ranges play the Internet. */
const isPublicAddress = (ip: string) => /^(203\.0\.113\.|198\.51\.100\.|2001:db8:)/.test(ip);

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as DiagnoseOptions;
  const report = await diagnose({ ...options, isPublicAddress });
  process.stdout.write(JSON.stringify(report));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
