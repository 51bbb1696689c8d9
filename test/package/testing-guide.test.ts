import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from '../support/project.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const guide = readFileSync(join(root, 'docs/guides/testing.md'), 'utf8');
const blocks = guide.split(/^#+ /m).flatMap((section) => {
  const [title = ''] = section.split('\n');
  return [...section.matchAll(/^```js\n([\s\S]*?)```/gm)].map(([, code = '']) => ({ title, code }));
});

/** The same lines as Jest has them in a project of the Nest CLI. */
function forJest(code: string): string {
  const required = code.replace(/^import (.*) from (.*);$/gm, 'const $1 = require($2);');
  const lines = required.trim().split('\n');
  const imports = lines.filter((line) => line.includes('require('));
  const rest = lines.filter((line) => !line.includes('require('));
  return [...imports, "test('the guide', async () => {", ...rest, '});'].join('\n');
}

describe("the guide's blocks, followed literally in a project without libsql", () => {
  let project: Project;
  beforeAll(async () => {
    console.log('Installing the tarball beside NestJS 11 and Jest into an empty project (about 30 s)');
    const nest = ['common', 'core', 'platform-express', 'testing'].map((name) => `@nestjs/${name}@11`);
    project = await Project.create([...nest, 'reflect-metadata@0.2', 'rxjs@7', 'jest@30']);
  });
  afterAll(() => project?.remove());

  it('has ten lines, and two more blocks', () => {
    expect(blocks.map(({ code }) => code.trim().split('\n').length)).toEqual([
      10,
      expect.any(Number),
      expect.any(Number),
    ]);
  });

  it.each(blocks)('runs: $title', async ({ code }) => {
    await project.write('block.mjs', code);
    // Rejects when an assertion fails, and when the process does not end.
    const printed = await project.node('block.mjs');
    if (code.includes('node:test')) expect(printed).toMatch(/pass 1$/m);
  });

  it('runs the ten lines in Jest, which has no import() for CommonJS', async () => {
    await project.write('jest.config.cjs', 'module.exports = { testMatch: ["**/*.jest.cjs"] };');
    await project.write('ten.jest.cjs', forJest(blocks[0]?.code ?? ''));
    // Fails the test when Jest does.
    await project.program('jest', '--silent');
  });

  it('loads no framework and no database, and iroh only when it starts', async () => {
    await project.write(
      'loaded.cjs',
      `const { TestPlatform } = require(require('node:path').join(__dirname, 'node_modules/iroh-net-diagnostics/dist/cjs/lib/testing'));
       const packages = () => [...new Set(Object.keys(require.cache).map((file) => file.split('node_modules/')[1]?.match(/^(@[^/]+.)?[^/]+/)[0]))];
       console.log('before:', packages().join(' '));
       TestPlatform.start().then((platform) => platform.stop()).then(() => console.log('after:', packages().join(' ')));`,
    );
    const printed = await project.node('loaded.cjs');
    expect(printed).toMatch(/^before:\s+iroh-net-diagnostics$/m);
    expect(printed).toMatch(/^after:\s+iroh-net-diagnostics @number0\/iroh( @number0\/iroh-[\w-]+)?$/m);
  });
});
