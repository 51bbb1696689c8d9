// Builds what browsers get, from web/: for each page one script and one style sheet, named after a hash of their
// content, and the markup that loads these. All of it goes, as text, into a module beside the code that serves it,
// which compilers, bundlers and npm treat like any other file. Nothing is done when nothing changed.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.js';

/** The pages' folders in web/, and the module that each becomes. */
const PAGES = [
  { folder: 'app-page', module: 'lib/http/page/built.js' },
  { folder: 'dashboard', module: 'platform/server/built.js' },
];

/** Puts the modules of `folder` into `to`, at the same path: tsc does not copy them. */
export function copyBuilt(folder, to) {
  for (const { module } of PAGES) {
    if (module.startsWith(`${folder}/`)) cpSync(join(root, module), join(to, module));
  }
}

/** The oldest browsers with `light-dark()`, which all colours use. */
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];

const TYPES = { '.js': 'text/javascript', '.css': 'text/css' };

/** What the built files depend on, beside web/ itself. */
const ALSO = ['scripts/web.js', 'package-lock.json'];

/** Builds what is missing, or was built from other sources. */
export async function buildWeb() {
  const stamp = `// Built by scripts/web.js from ${hashOfSources()}`;
  const stale = PAGES.filter(({ module }) => !isStamped(join(root, module), stamp));
  for (const page of stale) await buildPage(page, stamp);
}

function isStamped(file, stamp) {
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(`${stamp}\n`);
}

function hashOfSources() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'web'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [...sources.sort(), ...ALSO.map((name) => join(root, name))]) {
    hash.update(`${file.slice(root.length)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function buildPage({ folder, module }, stamp) {
  const from = join(root, 'web', folder);
  const client = await bundle(
    { [folder]: join(from, 'main.tsx') },
    {
      target: BROWSERS,
      cssTarget: BROWSERS,
      modulePreload: false,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  );
  refuseStrangers(folder, client);
  const assets = client.map(({ fileName, code, source }) => {
    const extension = extname(fileName);
    const body = code === undefined ? String(source) : `${license()}${code}`;
    const name = `${folder}.${createHash('sha256').update(body).digest('hex').slice(0, 12)}${extension}`;
    return { name, type: `${TYPES[extension]}; charset=utf-8`, body };
  });
  const nameOf = (extension) => assets.find(({ name }) => name.endsWith(extension)).name;
  const [{ code }] = await bundle(
    { markup: join(from, 'markup.tsx') },
    { ssr: true, target: 'node20', minify: false },
  );
  const { markup } = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  const built = { markup: markup({ script: nameOf('.js'), style: nameOf('.css') }), assets };
  writeWhole(join(root, module), `${stamp}\nexport const BUILT = ${JSON.stringify(built, null, 1)};\n`);
}

/** Preact's license asks for its text wherever its code goes. */
function license() {
  return `/*!\nPreact\n${readFileSync(join(root, 'node_modules', 'preact', 'LICENSE'), 'utf8').trim()}\n*/\n`;
}

/** Pages may import only types from the library: code would bring the rest of the library along. */
function refuseStrangers(folder, chunks) {
  const strangers = chunks
    .flatMap(({ moduleIds = [] }) => moduleIds)
    .filter((id) => !id.startsWith(join(root, 'web')) && !/[\\/]node_modules[\\/]preact[\\/]|^\0/.test(id));
  if (strangers.length > 0) throw new Error(`web/${folder} takes into the browser: ${strangers.join(', ')}`);
}

/** Bundles one entry with all that it imports; the files stay in memory. */
async function bundle(input, options) {
  const { build } = await import('vite');
  const { output } = await build({
    ...{ configFile: false, envDir: false, publicDir: false, logLevel: 'warn', root, base: './' },
    ssr: { noExternal: true },
    // Vitest's NODE_ENV would make it JSX for developers, with the paths of this machine.
    oxc: { jsx: { development: false } },
    build: { ...options, write: false, rolldownOptions: { ...options.rolldownOptions, input } },
  });
  return output;
}

/** A process that reads the file at the same time sees the whole old or the whole new one. */
function writeWhole(file, text) {
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

/** For Vitest, before the first test. */
export { buildWeb as setup };

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildWeb();
