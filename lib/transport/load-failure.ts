/**
 * Why the native part of iroh could not be loaded. Its loader tries several places and throws the same sentence for every
 * failure, "npm has a bug …"; the system's errors are in the chain of causes. Pure.
 */
import { codeOf, messageOf } from '../errors.js';

/** The packages that hold a build: the optional dependencies of `@number0/iroh`. */
export const BUILDS: readonly string[] = [
  '@number0/iroh-android-arm-eabi',
  '@number0/iroh-android-arm64',
  '@number0/iroh-darwin-arm64',
  '@number0/iroh-linux-arm-gnueabihf',
  '@number0/iroh-linux-arm-musleabihf',
  '@number0/iroh-linux-arm64-gnu',
  '@number0/iroh-linux-arm64-musl',
  '@number0/iroh-linux-x64-gnu',
  '@number0/iroh-linux-x64-musl',
  '@number0/iroh-win32-arm64-msvc',
  '@number0/iroh-win32-x64-msvc',
];

/** What a failed load means. */
export interface LoadFailure {
  /** The loader's message, in one line. */
  words: string;
  /** What to do, in whole sentences. */
  fix: string;
}

/** A chain of causes may be a circle. */
const MAX_CAUSES = 20;

/** @param error - what the import of `@number0/iroh` rejected with */
export function loadFailure(error: unknown): LoadFailure {
  const causes = causesOf(error);
  // A file that exists but does not load explains more than a missing one. If all are missing, the last place counts: the
  // package for this machine.
  const telling =
    causes.find((cause) => codeOf(cause) !== 'MODULE_NOT_FOUND' && cause !== causes[0]) ??
    causes[1] ??
    causes[0];
  const words = wordsOf(telling);
  return { words, fix: fixOf(codeOf(telling), words) };
}

function fixOf(code: string, words: string): string {
  if (code === 'ERR_DLOPEN_DISABLED') {
    return 'Start Node without --no-addons or, where its permission model is on, with --allow-addons.';
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return "Node's permission model keeps the package from being read: add its folder with --allow-fs-read.";
  }
  if (code === 'ERR_DLOPEN_FAILED') return unloadableFix(words);
  const [missing] = /@number0\/iroh-[\w-]+/.exec(words) ?? [];
  if (missing !== undefined && !BUILDS.includes(missing)) return 'iroh has no build for this machine.';
  return 'If iroh has a build for this machine, install it there, with optional dependencies (npm install --include=optional).';
}

/** What to do when the file exists but does not load. */
function unloadableFix(words: string): string {
  if (/failed to map segment|operation not permitted|permission denied/i.test(words)) {
    return 'Its file system may be mounted noexec: put node_modules on one from which code may run.';
  }
  if (/version `|symbol not found|undefined symbol|ld-musl|libc\.musl|ld-linux/i.test(words)) {
    return 'This system has another or an older C library than iroh was built for: use a newer image, and install on it.';
  }
  return 'The file is damaged, or made for another machine: install again on this machine itself.';
}

/** The error and its causes, outermost first. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let at = error; at !== undefined && causes.length < MAX_CAUSES; at = causeOf(at)) causes.push(at);
  return causes;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Only the first line: for a missing module, the lines below list the files that require it. */
function wordsOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  const { resource } = error instanceof Error ? (error as { resource?: unknown }) : {};
  // For a refusal by Node's permission model: its message does not name the file.
  return typeof resource === 'string' ? `${line} (${resource})` : line;
}
