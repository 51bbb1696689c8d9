// `node scripts/release.js 0.2.0`: writes the version of the next release into every file that has it, and its date
// into the changelog.
// `node scripts/release.js --check v0.2.0`: whether all of that was done for this tag. docs/decisions/releases.md has the steps.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false }, in: { type: 'string', default: root } },
});
const folder = resolve(values.in);
const version = positionals[0]?.replace(/^v/, '') ?? '';
if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
  console.error('Which version? For example: node scripts/release.js 0.2.0');
  process.exit(1);
}

const NUMBER = String.raw`\d+\.\d+\.\d+(?:-[\w.]+)?`;
const SAMPLES = ['express', 'fastify', 'nest'];
const today = new Date().toISOString().slice(0, 10);

/** Where the version is written: a file, the text around it, and its form there. */
const PLACES = [
  ...['package.json', 'platform/package.json'].map((file) => ({
    file,
    pattern: new RegExp(`(?<=^  "version": ")${NUMBER}(?=")`, 'm'),
  })),
  {
    file: 'platform/package.json',
    pattern: new RegExp(`(?<=^    "iroh-net-diagnostics": ")${NUMBER}(?=")`, 'm'),
  },
  { file: 'platform/version.ts', pattern: new RegExp(`(?<=PLATFORM_VERSION = ')${NUMBER}(?=')`) },
  { file: 'lib/report/constants.ts', pattern: new RegExp(`(?<=PACKAGE_VERSION = ')${NUMBER}(?=')`) },
  ...SAMPLES.flatMap((name) => [
    {
      file: `samples/${name}/package.json`,
      pattern: new RegExp(`(?<="iroh-net-diagnostics": "\\^)${NUMBER}(?=")`),
    },
    {
      file: `samples/${name}/README.md`,
      pattern: new RegExp(`(?<=iroh-net-diagnostics-)${NUMBER}(?=\\.tgz)`),
    },
  ]),
];

let wrong = 0;
for (const { file, pattern } of PLACES) {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const [found] = pattern.exec(text) ?? [];
  if (found === undefined) complain(`${file} does not say its version where it used to.`);
  else if (found === version) continue;
  else if (values.check) complain(`${file} says ${found}, not ${version}.`);
  else writeFileSync(path, text.replace(pattern, version));
}

const changelog = join(folder, 'CHANGELOG.md');
const text = readFileSync(changelog, 'utf8');
const [, newest = '', state = ''] = /^## (\S+) \((.*)\)$/m.exec(text) ?? [];
if (state !== 'unreleased') {
  if (newest !== version)
    complain(`CHANGELOG.md begins with ${newest || 'no version'}: what is new in ${version}?`);
} else if (values.check) complain(`CHANGELOG.md calls ${newest} unreleased.`);
else writeFileSync(changelog, text.replace(`## ${newest} (unreleased)`, `## ${version} (${today})`));

if (wrong > 0) process.exitCode = 1;
else if (values.check) console.log(`${version}: all places agree.`);
else {
  console.log(`${version} stands in ${PLACES.length} places and in CHANGELOG.md. Next:`);
  console.log(`  npm install --package-lock-only && npm test -- --all`);
  console.log(`  git commit -am 'Release ${version}' && git tag v${version} && git push --follow-tags`);
}

function complain(message) {
  wrong += 1;
  console.error(message);
}
