import { execFileSync } from 'node:child_process';

/** Whether this machine lets us make a network of our own, in which files can be replaced. */
export const CAN_UNSHARE = (() => {
  try {
    execFileSync('unshare', ['-rnm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The command line that enters a network without any interface but loopback, after these commands. */
export function inNamespace(...prepare: readonly string[]): readonly string[] {
  const script = ['PATH=$PATH:/usr/sbin:/sbin', ...prepare, 'exec "$@"'].join(' && ');
  return ['unshare', '-rnm', 'sh', '-c', script, 'sh'];
}
