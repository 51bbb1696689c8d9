import { createHash } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a Unix socket's path may have; a longer one would be cut. */
const MAX_PATH_BYTES = 100;
/** Somebody who does not answer by then is no process that lives. */
const KNOCK_MS = 1_000;
/** Two that find the same left-over file at the same moment both remove it: the one that lost its own looks again. */
const SETTLE_MS = 500;

/**
 * Tells whether other processes of this host use the same key file. A socket beside it, on which one of them listens: the
 * system closes it with the process, however that ends, and who comes second is heard by who came first. Where there can
 * be none (a read-only mount, a long path) nobody is told here; a platform may tell.
 */
export class IdentityLock {
  readonly #path: string;
  readonly #onOther: () => void;
  readonly #server: Server;
  #isReleased = false;

  /** @param onOther - is called for each process that is found, or comes; must not throw */
  constructor(keyFile: string, onOther: () => void) {
    this.#path = process.platform === 'win32' ? pipeOf(keyFile) : `${keyFile}.lock`;
    this.#onOther = onOther;
    this.#server = createServer((other) => {
      other.on('error', () => {}).destroy();
      this.#onOther();
    });
    // Nothing here keeps the process alive.
    this.#server.unref();
  }

  /** Takes it, or tells of who has it. Never rejects. */
  async take(): Promise<void> {
    if (Buffer.byteLength(this.#path) > MAX_PATH_BYTES) return;
    if (await this.#listen()) return this.#settle();
    if (await this.#knock()) return this.#onOther();
    // Left over by a process that was killed.
    if (!(await removeSocket(this.#path))) return;
    if (await this.#listen()) await this.#settle();
    else if (await this.#knock()) this.#onOther();
  }

  /** Lets it go, and its file with it. Idempotent. */
  release(): void {
    this.#isReleased = true;
    this.#server.close();
  }

  async #settle(): Promise<void> {
    this.#server.on('error', () => {});
    const mine = await inode(this.#path);
    await sleep(SETTLE_MS, undefined, { ref: false });
    const isLost = mine !== null && (await inode(this.#path)) !== mine;
    if (isLost && !this.#isReleased && (await this.#knock())) this.#onOther();
  }

  #listen(): Promise<boolean> {
    return new Promise((settle) => {
      const failed = () => settle(false);
      this.#server.once('error', failed);
      if (this.#isReleased) return failed();
      try {
        // Exclusive: workers of one cluster would share it, and each is a process of its own here.
        this.#server.listen({ path: this.#path, exclusive: true }, () => {
          this.#server.removeListener('error', failed);
          settle(true);
        });
      } catch {
        // Node's permission model forbids it at once.
        failed();
      }
    });
  }

  /** @returns whether a process that lives listens there */
  #knock(): Promise<boolean> {
    return new Promise((settle) => {
      const socket = connect(this.#path);
      const done = (isThere: boolean) => {
        socket.destroy();
        settle(isThere);
      };
      socket.unref();
      socket.setTimeout(KNOCK_MS, () => done(false));
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
    });
  }
}

/** Windows has pipes, whose names are no paths. */
function pipeOf(keyFile: string): string {
  return `\\\\.\\pipe\\iroh-net-diagnostics-${createHash('sha256').update(resolve(keyFile)).digest('hex')}`;
}

async function inode(path: string): Promise<number | null> {
  return (await lstat(path).catch(() => null))?.ino ?? null;
}

/** @returns whether there is no socket now. What is no socket is not ours, and stays. */
async function removeSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return true;
  if (!found.isSocket()) return false;
  return rm(path, { force: true }).then(
    () => true,
    () => false,
  );
}
