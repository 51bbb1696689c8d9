import { existsSync } from 'node:fs';

const ANALYZE = '/usr/bin/systemd-analyze';

/** Where it is; `null` where it is not, and then it says what to install. In CI a missing one is a failure. */
export function systemdAnalyze(): string | null {
  if (existsSync(ANALYZE)) return ANALYZE;
  const advice = 'no systemd-analyze: install it (Debian: apt-get install systemd)';
  if (process.env.CI) throw new Error(`Units cannot be checked: ${advice}`);
  console.log(`Units of systemd are not checked: ${advice}`);
  return null;
}
