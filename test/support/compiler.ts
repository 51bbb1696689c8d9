import { execFileSync } from 'node:child_process';

/** Whether small programs in C can be made here, which look at a process of Linux from outside. */
export function compiles(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: install a C compiler (Debian: build-essential)');
    return false;
  }
}
