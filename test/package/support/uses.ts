import { entries } from './manifest.js';

/** What an entry must export in either format, and lines that a compiler must accept. */
interface Use {
  names: readonly string[];
  code: string;
}

const USES: Record<string, Use> = {
  'iroh-net-diagnostics': {
    names: ['NetDiagnostics', 'CLIENT_HOST_ALPN', 'diagnose'],
    code: `import { diagnose, isNetDiagnosticsError, NetDiagnostics, type Status } from 'iroh-net-diagnostics';
export const status: Status = NetDiagnostics.start({ enabled: false }).status();
// @ts-expect-error: an unknown option is refused
NetDiagnostics.start({ apiSecrt: 'x' });
// @ts-expect-error: what tests replace is not the users'
NetDiagnostics.start({}, process.env);
// @ts-expect-error: nor is this
diagnose({ environment: { portalPort: 80 } });
export const streamCode = (error: unknown): number | null =>
  isNetDiagnosticsError(error) && error.code === 'ERR_STREAM' ? error.streamCode : null;`,
  },
  'iroh-net-diagnostics/core': {
    names: ['ClientHost', 'Router', 'adoptEndpoint', 'ApiSecret', 'Caps'],
    code: `import { ApiSecret, type ClientHostOptions } from 'iroh-net-diagnostics/core';
export const platformOf = (secret: string): string => ApiSecret.parse(secret).platform.id;
export type Run = ClientHostOptions['run'];
// @ts-expect-error: a number is no secret
ApiSecret.parse(5);`,
  },
  'iroh-net-diagnostics/nest': {
    names: ['NetDiagnosticsModule', 'NetDiagnosticsService'],
    code: `import { NetDiagnosticsModule } from 'iroh-net-diagnostics/nest';
NetDiagnosticsModule.forRoot({ name: 'typed' });
// @ts-expect-error: a number is no name
NetDiagnosticsModule.forRoot({ name: 5 });`,
  },
  'iroh-net-diagnostics/express': {
    names: ['netDiagnostics'],
    code: `import { netDiagnostics as middleware } from 'iroh-net-diagnostics/express';
export const isStopped: Promise<void> = middleware({ enabled: false }).stop();
// @ts-expect-error: a number is no name
middleware({ name: 5 });`,
  },
  'iroh-net-diagnostics/fastify': {
    names: ['netDiagnostics', 'default'],
    code: `import plugin, { netDiagnostics } from 'iroh-net-diagnostics/fastify';
export const plugins: (typeof netDiagnostics)[] = [plugin];`,
  },
  'iroh-net-diagnostics/services': {
    names: ['ServicesHost', 'MemoryStore', 'ApiSecret'],
    code: `import { ServicesHost, type Store } from 'iroh-net-diagnostics/services';
export type Kept = Parameters<typeof ServicesHost.start>[0]['store'] & Store;
// @ts-expect-error: it is no number
export const never: Kept = 5;`,
  },
  'iroh-net-diagnostics/testing': {
    names: ['TestPlatform', 'startImpatient'],
    code: `import { NetDiagnostics as Started } from 'iroh-net-diagnostics';
import { TestPlatform } from 'iroh-net-diagnostics/testing';
export async function used() {
  await using platform = await TestPlatform.start();
  await using app = Started.start(platform.options());
  return app.status().state;
}
export const tested = (platform: TestPlatform) => Started.start(platform.options({ name: 'typed' }));`,
  },
};

/** The entries of package.json; one that is not listed above is at least loaded and has its types found. */
export function usesOf(specifiers: readonly string[]) {
  return specifiers.map((specifier, index) => ({
    specifier,
    names: USES[specifier]?.names ?? [],
    code: `${USES[specifier]?.code ?? ''}
import * as entry${index} from '${specifier}';
const names${index}: readonly (keyof typeof entry${index})[] = [];
export { names${index} };`,
  }));
}

/** All entries, or those that need none of these peers: `nest`, `fastify`. */
export function specifiersWithout(...peers: string[]): string[] {
  return entries
    .map(({ specifier }) => specifier)
    .filter((specifier) => !peers.some((peer) => specifier.endsWith(`/${peer}`)));
}

/** A script that prints what each entry exports, and which class or function has lost its name on the way. */
export function printNames(specifiers: readonly string[], how: 'import' | 'require'): string {
  return `(async () => {
  for (const specifier of ${JSON.stringify(specifiers)}) {
    const entry = ${how === 'import' ? 'await import(specifier)' : 'require(specifier)'};
    console.log(specifier, 'exports', Object.keys(entry).join(' '), '.');
    for (const [name, value] of Object.entries(entry)) {
      if (/^[A-Z]/.test(name) && typeof value === 'function' && value.name !== name) console.log('renamed:', name, value.name);
    }
  }
})();`;
}

/** What {@link printNames} printed of an entry. */
export function namesIn(printed: string, specifier: string): string[] {
  const line = printed.split('\n').find((text) => text.startsWith(`${specifier} exports `));
  return line?.split(' ').slice(2, -1) ?? [];
}
