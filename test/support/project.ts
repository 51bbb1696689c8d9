import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The cache first: the same packages are installed over and over. No install scripts: nothing of ours needs one. */
const INSTALL_FLAGS = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];

/** Compiler options as the Nest CLI sets them. */
export const COMPILER_OPTIONS = {
  target: 'es2023',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** A user's project: an empty folder outside the repository into which the packed tarball was installed. */
export class Project {
  private constructor(readonly folder: string) {}

  /**
   * @param packages - what to install beside our tarball, e.g. `@nestjs/core@11`
   * @param type - what its JavaScript is
   */
  static async create(
    packages: readonly string[],
    { type = 'module' }: { type?: 'module' | 'commonjs' } = {},
  ): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'net-diagnostics-consumer-')));
    await project.write('package.json', JSON.stringify({ name: 'consumer', private: true, type }));
    await project.#install(packages);
    return project;
  }

  /** A copy of a folder that has a package.json of its own, with the packed tarball in the place of the registry's. */
  static async copyOf(folder: string, packages: readonly string[] = []): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'net-diagnostics-copy-')));
    // What was installed or built where it stands is no part of it.
    const filter = (path: string) => !/[\\/](node_modules|dist)$/.test(path);
    await cp(folder, project.folder, { recursive: true, filter });
    await project.#install(packages);
    return project;
  }

  async #install(packages: readonly string[]): Promise<void> {
    const ours = await this.#pack(root);
    await run('npm', ['install', ...INSTALL_FLAGS, ours, ...packages], {
      cwd: this.folder,
      maxBuffer: 1 << 24,
    });
  }

  /** Installs the packed tarball of the platform beside that of the plugin, which it depends on. */
  async installPlatform(): Promise<void> {
    const platform = await this.#pack(join(root, 'platform'));
    await run('npm', ['install', ...INSTALL_FLAGS, platform], { cwd: this.folder, maxBuffer: 1 << 24 });
  }

  async #pack(folder: string): Promise<string> {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], {
      cwd: folder,
      maxBuffer: 1 << 24,
    });
    return `./${packedName(JSON.parse(stdout))}`;
  }

  /** Folders on the way are made. */
  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Runs a file of the project with Node; rejects when it fails or does not end by itself. */
  async node(file: string, env: Record<string, string> = {}): Promise<string> {
    const { stdout, stderr } = await run(process.execPath, [file], {
      cwd: this.folder,
      timeout: 30_000,
      env: { ...process.env, ...env },
    });
    return stdout + stderr;
  }

  /** Runs a line of a shell; rejects when it fails. */
  async shell(line: string): Promise<string> {
    return (await run('sh', ['-c', line], { cwd: this.folder })).stdout;
  }

  /** Runs a program that a package of the project brought. */
  program(name: string, ...args: string[]): Promise<string> {
    return this.programIn({}, name, ...args);
  }

  /** The same, with these variables. */
  async programIn(env: Record<string, string>, name: string, ...args: string[]): Promise<string> {
    const options = { cwd: this.folder, env: { ...process.env, ...env } };
    return (await run(join(this.folder, 'node_modules', '.bin', name), args, options)).stdout;
  }

  /** Starts a file of the project with Node; standard output and error are pipes. */
  start(file: string, env: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, [file], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
  }

  /** Runs the TypeScript compiler in the project: the project's own where it has one, else the repository's. */
  async tsc(...args: string[]): Promise<void> {
    const own = join(this.folder, 'node_modules', '.bin', 'tsc');
    const tsc = existsSync(own) ? own : join(root, 'node_modules', '.bin', 'tsc');
    try {
      await run(tsc, args, { cwd: this.folder });
    } catch (error) {
      throw new Error(`tsc ${args.join(' ')}:\n${(error as { stdout?: string }).stdout}`);
    }
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** npm 10 answers a list, npm 11 and later an object by package name. */
function packedName(answer: unknown): string {
  const [entry] = Object.values(answer as Record<string, { filename: string }>);
  if (!entry) throw new Error('npm pack named no file');
  return entry.filename;
}
