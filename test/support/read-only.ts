import { spawnSync } from 'node:child_process';

/** Whether a child can be given mounts of its own, or become another user; says what it takes where it cannot. In CI that is a failure. */
export function entersMounts(): boolean {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (isRoot && spawnSync('unshare', ['-m', 'true']).status === 0) return true;
  const advice = 'they need Linux, root, and unshare (Debian: apt-get install util-linux)';
  if (process.env.CI) throw new Error(`Tests of read-only mounts cannot run: ${advice}`);
  console.log(`Tests of read-only mounts are skipped: ${advice}`);
  return false;
}

/** The command line that enters a place where this folder is read-only, as a mounted secret is. */
export function readOnly(folder: string): readonly string[] {
  const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, folder];
}
