import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

let folder = '';
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the script says to one file with this text. */
async function check(text: string, file = 'planted.ts'): Promise<{ status: number | null; stderr: string }> {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-regexes-'));
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
  const { status, stderr } = spawnSync(process.execPath, ['scripts/regexes.js', folder], {
    cwd: root,
    encoding: 'utf8',
    timeout: 25_000,
  });
  return { status, stderr };
}

describe('the check of regular expressions', () => {
  it.each([
    // What once stood in the reader of a gateway's XML: 128 KiB of zeros took 20 s.
    ['quadratic from each of its starts', String.raw`text.replace(/^\uFEFF|\0+$/g, '');`],
    ['behind a beginning of several letters', String.raw`/<!--[\s\S]*?-->/.test(text);`],
    ['two that trade characters', String.raw`/^[\d.]+\s*(\S.*?)\s+x$/.exec(text);`],
    ['exponential', String.raw`/^(?:\w+\s?)+$/.exec(text);`],
    ['with a look-around', '/(?<!x)(?:a*)*b/.exec(text);'],
    ['made of a constant', "const SPACE = '\\\\s'; new RegExp(SPACE + '+$');"],
    ['made at run time', 'new RegExp(given);'],
  ])('fails on one that is %s', async (_, text) => {
    const { status, stderr } = await check(`declare const text: string, given: string;\n${text}\n`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/planted\.ts:2 .*(?:polynomial|quadratic|exponential|at run time)/);
  });

  it('fails on one in a page’s code', async () => {
    const text =
      'export function Page({ text }: { text: string }) {\n  return <p>{text.replace(/\\s+$/, "")}</p>;\n}\n';
    const { status, stderr } = await check(text, 'web/page.tsx');
    expect(status).toBe(1);
    expect(stderr).toMatch(/page\.tsx:2 .*2nd degree polynomial/);
  });

  it('passes those that are linear', async () => {
    const { status, stderr } = await check(
      String.raw`/^\d{1,9}$/.test(''); /\.$/.exec(''); new RegExp('^a+$'); /\s+\w/y.test('');`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
