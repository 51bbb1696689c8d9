#!/usr/bin/env node
import { run } from './run.js';

// The exit code is set, not forced: what was printed is written, and the process ends by itself.
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
