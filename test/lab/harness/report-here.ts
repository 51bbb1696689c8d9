// Runs inside a lab's namespace as a program of its own: options as JSON in, the report as JSON out.
import { type DiagnoseOptions, diagnose, type ProbeEvent } from '../../../lib/diagnose/index.js';
import { isPublicAddress } from './lab-internet.js';

async function main(): Promise<void> {
  const {
    times = 1,
    env = {},
    timesColour = false,
    ...options
  } = JSON.parse(process.argv[2] ?? '{}') as DiagnoseOptions & {
    times?: number;
    timesColour?: boolean;
    env?: NodeJS.ProcessEnv;
  };
  for (let time = 0; time < times; time += 1) {
    const started = performance.now();
    let colourMs: number | null = null;
    const onProbe = ({ soFar }: ProbeEvent) => {
      if (soFar?.isFinal === true) colourMs ??= performance.now() - started;
    };
    const listener = timesColour ? { onProbe } : {};
    const report = await diagnose({ ...options, ...listener, isPublicAddress, environment: { env } });
    process.stdout.write(`${JSON.stringify({ ms: performance.now() - started, colourMs, report })}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
