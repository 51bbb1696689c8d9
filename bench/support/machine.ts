import { cpus, release } from 'node:os';

/** What a number was measured on, in one line. */
export function machine(): string {
  const models = cpus().map(({ model }) => model.trim());
  const { platform, arch, version } = process;
  return `${models.length} × ${models[0] ?? 'unknown CPU'}, ${platform} ${release()} ${arch}, Node ${version}`;
}
