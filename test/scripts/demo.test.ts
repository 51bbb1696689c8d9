import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm run demo -- …` says to words after which nothing is installed, built or started. */
function demo(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/demo.js', ...words], {
    cwd: root,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

describe('the words of the demo', () => {
  it('are in its help, with whom --online asks', () => {
    const { status, stdout, stderr } = demo('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('[nest|express|fastify] [--online]');
    expect(stdout).toContain("n0's relays");
    expect(demo('express', '-h').stdout).toBe(stdout);
  });

  it.each([
    [['koa'], /does not know "koa"; it takes one of nest, express, fastify, and --online/],
    [['--onlin'], /does not know "--onlin"/],
    [['express', '--port', '1'], /does not know "--port"/],
    [['express', '--online', 'fastify'], /one sample; "fastify" is one too many/],
  ])('%s: one line says what is wrong', (words, message) => {
    const { status, stdout, stderr } = demo(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});
