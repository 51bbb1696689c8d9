import { execFile } from 'node:child_process';
import { MAX_ROUTE_COMMAND_MS, MAX_ROUTE_TABLE_BYTES } from '../constants.js';

/** Runs the system's `route` program and returns what it printed; null when it failed, hung or said too much. */
export type RouteCommand = (args: readonly string[], signal: AbortSignal) => Promise<string | null>;

/** @param file - absolute path: no search path decides what is run */
export function routeCommand(file: string): RouteCommand {
  return (args, signal) =>
    new Promise((resolve) => {
      const options = {
        signal,
        timeout: MAX_ROUTE_COMMAND_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_ROUTE_TABLE_BYTES,
        windowsHide: true,
      } as const;
      execFile(file, args, options, (error, stdout) => resolve(error === null ? stdout : null));
    });
}
