#!/usr/bin/env node
import { run } from './run.js';

/** Milliseconds until the process is ended: a call pending in the native binding would keep it alive for up to 5 s. */
const EXIT_GRACE_MS = 200;

// When nobody reads the output any more (`| head`), that is no failure, and there is no other place to report it.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

// Normally the process ends by itself. If it does not, it is ended by force, once all output is written.
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  process.stdout.write('', () => setTimeout(() => process.exit(), EXIT_GRACE_MS).unref());
});
