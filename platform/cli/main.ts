#!/usr/bin/env node
import { run } from './run.js';

/** A call that is pending in the native binding when everything is closed holds the process for up to 5 s more. */
const EXIT_GRACE_MS = 200;

// A reader that has gone (`| head`) is no failure; a remark that cannot be written has nobody left to be told.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

// The exit code is set and the process ends by itself; only when it does not, and what was printed is written, by force.
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  process.stdout.write('', () => setTimeout(() => process.exit(), EXIT_GRACE_MS).unref());
});
