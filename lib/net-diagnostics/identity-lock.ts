import { createHash } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The longest path of a Unix socket; a longer one would be cut. */
const MAX_PATH_BYTES = 100;
/** A live process answers within this time. */
const CONNECT_MS = 1_000;
/**
 * Two processes that find the same left-over file at the same moment both remove it. So each checks after this time
 * whether its own file is still there.
 */
const SETTLE_MS = 500;

/**
 * Finds other processes of this host that use the same key file. The first process listens on a socket beside the file,
 * and a second one connects to it, so both know. The system closes the socket when the process ends, in any way. Where
 * there can be no socket (a read-only mount, a long path) nothing is found here; the platform may find it.
 */
export class IdentityLock {
  readonly #path: string;
  readonly #onOther: () => void;
  readonly #server: Server;
  #isReleased = false;

  /** @param onOther - called for each process that is found, or that comes later; must not throw */
  constructor(keyFile: string, onOther: () => void) {
    this.#path = process.platform === 'win32' ? pipeOf(keyFile) : `${keyFile}.lock`;
    this.#onOther = onOther;
    this.#server = createServer((other) => {
      other.on('error', () => {}).destroy();
      this.#onOther();
    });
    // The socket must not keep the process alive.
    this.#server.unref();
  }

  /** Takes the lock, or reports the process that has it. Never rejects. */
  async take(): Promise<void> {
    if (Buffer.byteLength(this.#path) > MAX_PATH_BYTES) return;
    if (await this.#listen()) return this.#settle();
    if (await this.#isHeldElsewhere()) return this.#onOther();
    // The file was left by a process that was killed.
    if (!(await removeSocket(this.#path))) return;
    if (await this.#listen()) await this.#settle();
    else if (await this.#isHeldElsewhere()) this.#onOther();
  }

  /** Releases the lock and removes its file. Idempotent. */
  release(): void {
    this.#isReleased = true;
    this.#server.close();
  }

  async #settle(): Promise<void> {
    this.#server.on('error', () => {});
    const mine = await inode(this.#path);
    await sleep(SETTLE_MS, undefined, { ref: false });
    const isLost = mine !== null && (await inode(this.#path)) !== mine;
    if (isLost && !this.#isReleased && (await this.#isHeldElsewhere())) this.#onOther();
  }

  #listen(): Promise<boolean> {
    return new Promise((settle) => {
      const failed = () => settle(false);
      this.#server.once('error', failed);
      if (this.#isReleased) return failed();
      try {
        // Exclusive: otherwise the workers of one cluster would share the socket. Here each worker counts as a process.
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

  /** @returns whether a live process listens there */
  #isHeldElsewhere(): Promise<boolean> {
    return new Promise((settle) => {
      const socket = connect(this.#path);
      const done = (isThere: boolean) => {
        socket.destroy();
        settle(isThere);
      };
      socket.unref();
      socket.setTimeout(CONNECT_MS, () => done(false));
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
    });
  }
}

/** Windows has named pipes; their names are not paths of files. */
function pipeOf(keyFile: string): string {
  return `\\\\.\\pipe\\iroh-net-diagnostics-${createHash('sha256').update(resolve(keyFile)).digest('hex')}`;
}

async function inode(path: string): Promise<number | null> {
  return (await lstat(path).catch(() => null))?.ino ?? null;
}

/** @returns whether the path is free now. A file that is not a socket is not ours, and is not removed. */
async function removeSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return true;
  if (!found.isSocket()) return false;
  return rm(path, { force: true }).then(
    () => true,
    () => false,
  );
}
