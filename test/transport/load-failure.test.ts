import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILDS, loadFailure } from '../../lib/transport/load-failure.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import { COMPILED, compileText } from '../support/compile.js';

/** An app that tells what `status()` and the log say, and the command line beside it. */
const SOURCE = `import { NetDiagnostics } from './lib/index.js';
import { run } from './lib/cli/run.js';
if (process.argv[2] === 'doctor') process.exitCode = await run(process.argv.slice(2));
else {
  const lines: string[] = [];
  const keep = (message: string) => { lines.push(message); };
  const logger = { debug() {}, info: keep, warn: keep, error: keep };
  const diagnostics = NetDiagnostics.start({ network: 'minimal', bindAddrs: ['loopback'], logger });
  const { state, reason, lastError } = await diagnostics.ready({ timeoutMs: 10_000 });
  const report = await diagnostics.run();
  await diagnostics.stop();
  console.log(JSON.stringify({ state, reason, lastError, lines, sentence: report.summary.sentence }));
}`;

const FRONT = '@number0/iroh';
const { optionalDependencies } = createRequire(import.meta.url)(`${FRONT}/package.json`) as {
  optionalDependencies: Record<string, string>;
};

const keys = [7, 8].map((seed) => SecretKey.fromBytes(new Uint8Array(32).fill(seed)));
const [ours, platforms] = keys as [SecretKey, SecretKey];
const secret = ApiSecret.create(ours, { id: platforms.id, relayUrls: [], directAddrs: [] }).reveal();

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'net-diagnostics-load-'));
  await compileText(SOURCE, root, []);
  await mkdir(join(root, 'node_modules/@number0'), { recursive: true });
  const front = dirname(createRequire(import.meta.url).resolve(`${FRONT}/index.js`));
  await cp(front, join(root, 'node_modules', FRONT), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The package for this machine, as the loader asks for it. */
const NATIVE = `@number0/iroh-${process.platform}-${process.arch}-${libc()}`;
const NATIVE_FILE = join('node_modules', NATIVE, 'iroh.node');

function libc(): string {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
}

/** Puts bytes in the place of the native file; `null`: the package is not there. */
async function install(bytes: Uint8Array | null): Promise<void> {
  const folder = join(root, 'node_modules', NATIVE);
  await rm(folder, { recursive: true, force: true });
  if (bytes === null) return;
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: NATIVE, main: 'iroh.node' }));
  await writeFile(join(root, NATIVE_FILE), bytes);
}

const realFile = () => readFile(createRequire(import.meta.url).resolve(NATIVE));

/** Runs it with these arguments of Node's, within the command `around`. */
function run(words: readonly string[], nodeArgs: readonly string[] = [], around: readonly string[] = []) {
  const [program = '', ...rest] = [
    ...around,
    process.execPath,
    '--no-warnings',
    ...nodeArgs,
    join(root, COMPILED),
    ...words,
  ];
  const env = {
    PATH: process.env.PATH,
    IROH_SERVICES_API_SECRET: secret,
    NET_DIAGNOSTICS_NETWORK: 'minimal',
    NET_DIAGNOSTICS_PROBES: 'route,endpoint,https',
  };
  try {
    return execFileSync(program, rest, { env, cwd: root, encoding: 'utf8', timeout: 20_000, stdio: 'pipe' });
  } catch (error) {
    // The doctor ends with the code of a failed step.
    const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
    if (status === 1 && words[0] === 'doctor') return stdout;
    throw new Error(`ended with ${status}: ${stdout}${stderr}`, { cause: error });
  }
}

/** Both say it: the app that runs with it, which goes on, and the doctor. */
function expectWords(words: RegExp, fix: RegExp, ...how: [(readonly string[])?, (readonly string[])?]): void {
  const app = JSON.parse(run([], ...how));
  expect(app).toMatchObject({
    state: 'unavailable',
    reason: 'binding-unavailable',
    lastError: { code: 'ERR_BINDING_UNAVAILABLE', message: expect.stringMatching(words) },
  });
  expect(app.lastError.message).toMatch(fix);
  expect(app.lastError.message).not.toMatch(/npm has a bug|\.\./);
  expect(app.lines).toEqual([expect.stringMatching(words)]);
  expect(app.sentence).toEqual(expect.any(String));
  const { steps } = JSON.parse(run(['doctor', '--json'], ...how));
  const binding = steps.find(({ name }: { name: string }) => name === 'binding');
  expect(binding).toMatchObject({ outcome: 'failed', detail: expect.stringMatching(words) });
  expect(binding.fix).toMatch(fix);
}

/** Node 20 calls it by its first name. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Whether mounts can be made here. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe('a native part that cannot be loaded is told in the loader’s own words', () => {
  it('its package is not installed', async () => {
    await install(null);
    expectWords(new RegExp(`Cannot find module '${NATIVE}'`), /npm install --include=optional/);
  });

  it('there is no build for this machine', async () => {
    await install(null);
    await writeFile(join(root, 'riscv.mjs'), "Object.defineProperty(process, 'arch', { value: 'riscv64' });");
    expectWords(/Cannot find module '@number0\/iroh-\w+-riscv64/, /has no build for this machine/, [
      '--import',
      join(root, 'riscv.mjs'),
    ]);
  });

  it.each([
    ['arm64', '@number0/iroh-android-arm64'],
    ['arm', '@number0/iroh-android-arm-eabi'],
  ])('Android on %s, its package left out', async (arch, name) => {
    await install(null);
    const preload = join(root, `android-${arch}.mjs`);
    await writeFile(
      preload,
      `for (const [name, value] of [['platform', 'android'], ['arch', '${arch}']]) Object.defineProperty(process, name, { value });`,
    );
    expectWords(new RegExp(`on android ${arch}.*Cannot find module '${name}'`), /--include=optional/, [
      '--import',
      preload,
    ]);
  });

  it.runIf(process.platform === 'linux')('the file is damaged', async () => {
    await install(new Uint8Array(100_000));
    expectWords(/iroh\.node: invalid ELF header/, /damaged, or made for another machine/);
  });

  it.runIf(process.platform === 'linux')('the file is for another machine', async () => {
    const foreign = Uint8Array.from(await realFile());
    // `e_machine`, of a 64-bit RISC-V.
    foreign[18] = 0xf3;
    await install(foreign);
    expectWords(/iroh\.node: /, /damaged, or made for another machine/);
  });

  it('addons are switched off', async () => {
    await install(await realFile());
    expectWords(/loading addons is disabled/, /without --no-addons/, ['--no-addons']);
  });

  it('Node’s permission model allows no addons', async () => {
    await install(await realFile());
    expectWords(/loading addons is disabled|restricted/, /--allow-addons/, [PERMISSION, '--allow-fs-read=*']);
  });

  it('Node’s permission model keeps the package from being read', async () => {
    await install(await realFile());
    const readable = [COMPILED, 'assets/*'].map((path) => `--allow-fs-read=${join(root, path)}`);
    expectWords(/restricted.*@number0/, /--allow-fs-read/, [PERMISSION, ...readable]);
  });

  it.runIf(canMount())('its file system is mounted noexec', async () => {
    await install(await realFile());
    const folder = join(root, 'node_modules', NATIVE);
    const mounts = `mount --bind ${folder} ${folder} && mount -o remount,bind,noexec ${folder} && exec "$@"`;
    const around = ['unshare', '--mount', 'sh', '-c', mounts, 'sh'];
    expectWords(/failed to map segment|Operation not permitted/, /mounted noexec/, [], around);
  });
});

describe('loadFailure', () => {
  it('knows the builds that there are', () => {
    expect(BUILDS).toEqual(Object.keys(optionalDependencies).sort());
  });

  it.each([
    ['/lib/libc.so.6: version `GLIBC_2.34’ not found (required by /app/iroh.node)', /older C library/],
    ['Error relocating /app/iroh.node: __register_atfork: symbol not found', /another or an older C library/],
  ])('names the C library: %s', (words, fix) => {
    const cause = Object.assign(new Error(words), { code: 'ERR_DLOPEN_FAILED' });
    expect(loadFailure(new Error('Cannot find native binding.', { cause }))).toEqual({
      words,
      fix: expect.stringMatching(fix),
    });
  });

  it('takes anything that was thrown, also a chain of causes without an end', () => {
    const round = new Error('round');
    round.cause = round;
    expect(loadFailure(round).words).toBe('round');
    expect(loadFailure('a text').words).toBe('a text');
    expect(loadFailure(undefined).words).toBe('undefined');
    expect(loadFailure(new Error('Cannot find native binding.\nmore')).words).toBe(
      'Cannot find native binding.',
    );
  });
});
