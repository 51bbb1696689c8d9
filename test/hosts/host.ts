import type { NetDiagnostics, NetDiagnosticsOptions } from '../../lib/index.js';

/** What the app around the diagnostics has. */
export interface Surroundings {
  helmet?: boolean;
  compression?: boolean;
  trustProxy?: boolean;
  /** The app's own guard lets in who sends {@link BADGE}. */
  guarded?: boolean;
  /** Where the app's body parsers stand. Default: before. */
  parsers?: ParserPlace;
  http2?: boolean;
}

export type ParserPlace = 'before' | 'after';

/** One instance in the app. */
export interface Mount {
  path: string;
  options: NetDiagnosticsOptions;
}

/** The app, listening. */
export interface RunningHost {
  url: string;
  /** One for each mount. */
  diagnostics: readonly Pick<NetDiagnostics, 'status' | 'ready'>[];
  /** Closes it in the way of its framework; `diagnostics` have stopped then. */
  close(): Promise<void>;
}

/** A framework in some version. The app's own routes are `GET /`, `GET /slow` and `POST /echo`. */
export interface Host {
  name: string;
  hasHttp2: boolean;
  /** What closed routes answer: Nest mounts none then. */
  closedStatus: 403 | 404;
  parserPlaces: readonly ParserPlace[];
  /** Whether the app's own parsers refuse a body of a type that they do not know, on every route. */
  refusesUnknownBodies: boolean;
  boot(mounts: readonly Mount[], surroundings?: Surroundings): Promise<RunningHost>;
}

/** The header that the app's own guard wants. */
export const BADGE = { name: 'x-badge', value: 'staff' } as const;

/** How long `GET /slow` takes, in milliseconds. */
export const SLOW_MS = 400;

/** What the app's own routes answer. */
export const OWN_PAGE = { page: "the app's own" };
export const SLOW_PAGE = { page: 'slow' };
