// `npm run docs:screenshots`: takes the pictures of the pages anew. The tests in a real browser take them, on the way.
// The journey through the lab needs root; without it two pictures stay as they are.
import { bin, run } from './run.js';
import { install } from './setup.js';

await install();
process.exitCode = await run(
  bin('vitest'),
  ['run', 'test/lab/journey.test.ts', 'test/browser/app-page.test.ts', 'test/browser/fleet.test.ts'],
  { shell: process.platform === 'win32', env: { ...process.env, UPDATE_SCREENSHOT: '1' } },
);
