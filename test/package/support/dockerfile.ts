import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, posix } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The cache first, as everywhere in these tests. */
const NPM = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };

interface Stage {
  name: string;
  /** The folder that stands for `/`. */
  root: string;
  workdir: string;
  env: Record<string, string>;
}

/**
 * Follows a Dockerfile without a container: each stage is a folder, in which paths from `/` on are found. What it is built
 * from (`FROM`), and the user, are this machine's own.
 */
export class DockerfileRun {
  readonly #folder: string;
  readonly #stages: Stage[] = [];
  #entrypoint: string[] = [];
  #command: string[] = [];
  #healthCheck: string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param context - the folder that is copied from
   * @param ignored - the names in `.dockerignore`
   */
  static async build(
    dockerfile: string,
    context: string,
    ignored: readonly string[],
  ): Promise<DockerfileRun> {
    const build = new DockerfileRun(await mkdtemp(join(tmpdir(), 'net-diagnostics-image-')));
    for (const line of dockerfile.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
      const [instruction = '', ...words] = line.split(' ');
      await build.#follow(instruction, words, { context, ignored });
    }
    return build;
  }

  /** Where a path of the image is. */
  path(inside: string): string {
    return join(this.#stage.root, inside);
  }

  /** Starts its command. Variables that name a path of the image get the path here. */
  start(env: Record<string, string>): ChildProcess {
    return this.#spawn([...this.#entrypoint, ...this.#command], env);
  }

  /** Starts what asks whether it is well, in the same environment. */
  startHealthCheck(env: Record<string, string>): ChildProcess {
    return this.#spawn(this.#healthCheck, env);
  }

  #spawn([program = '', ...words]: readonly string[], env: Record<string, string>): ChildProcess {
    const mapped = Object.entries({ ...this.#stage.env, ...env }).map(([name, value]) => [
      name,
      value.startsWith('/') ? this.path(value) : value,
    ]);
    const path = [this.path('/usr/local/bin'), process.env.PATH].join(delimiter);
    return spawn(program, words, {
      cwd: this.path(this.#stage.workdir),
      stdio: 'ignore',
      env: { ...process.env, PATH: path, ...Object.fromEntries(mapped) },
    });
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  get #stage(): Stage {
    const stage = this.#stages.at(-1);
    if (stage === undefined) throw new Error('the Dockerfile does not begin with FROM');
    return stage;
  }

  async #follow(
    instruction: string,
    words: readonly string[],
    from: { context: string; ignored: readonly string[] },
  ): Promise<void> {
    switch (instruction) {
      case 'FROM': {
        const name = words[2] ?? `stage-${this.#stages.length}`;
        const root = join(this.#folder, name);
        await mkdir(root);
        // Every image that programs run in has it.
        await mkdir(join(root, 'usr', 'local', 'bin'), { recursive: true });
        this.#stages.push({ name, root, workdir: '/', env: {} });
        return;
      }
      case 'WORKDIR':
        this.#stage.workdir = words[0] ?? '/';
        await mkdir(this.path(this.#stage.workdir), { recursive: true });
        return;
      case 'ENV': {
        const [name = '', value = ''] = (words[0] ?? '').split('=');
        this.#stage.env[name] = value;
        return;
      }
      case 'COPY':
        return this.#copy(words, from);
      case 'RUN':
        return this.#run(words.join(' '));
      case 'ARG':
      case 'USER':
      case 'EXPOSE':
        return;
      case 'HEALTHCHECK':
        this.#healthCheck = JSON.parse(words.slice(words.indexOf('CMD') + 1).join(' '));
        return;
      case 'ENTRYPOINT':
        this.#entrypoint = JSON.parse(words.join(' '));
        return;
      case 'CMD':
        this.#command = JSON.parse(words.join(' '));
        return;
      default:
        throw new Error(`an instruction that this reader does not know: ${instruction}`);
    }
  }

  async #copy(
    words: readonly string[],
    { context, ignored }: { context: string; ignored: readonly string[] },
  ): Promise<void> {
    const other = /^--from=(.+)$/.exec(words[0] ?? '')?.[1];
    const named = other === undefined ? words : words.slice(1);
    const to = this.path(posix.resolve(this.#stage.workdir, named.at(-1) ?? ''));
    for (const source of named.slice(0, -1)) {
      if (other !== undefined) {
        const stage = this.#stages.find(({ name }) => name === other);
        if (stage === undefined) throw new Error(`no stage is called ${other}`);
        // Links stay as they are: what they lead to may be copied by another line.
        await cp(join(stage.root, source), to, { recursive: true, verbatimSymlinks: true });
      } else {
        const filter = (path: string) => !ignored.includes(basename(path));
        const isFolder = source === '.';
        await cp(join(context, source), isFolder ? to : join(to, basename(source)), {
          recursive: true,
          filter,
        });
      }
    }
  }

  async #run(command: string): Promise<void> {
    const line = command
      .replaceAll(/(?<= )\/(?=\w)/g, `${this.#stage.root}/`)
      .replaceAll('-o node -g node ', '')
      .replaceAll('node:node', `${process.getuid?.()}:${process.getgid?.()}`);
    await run('sh', ['-c', line], {
      cwd: this.path(this.#stage.workdir),
      env: { ...process.env, ...NPM, ...this.#stage.env },
      maxBuffer: 1 << 24,
    });
  }
}
