import { isReadable } from '../options.js';
import type { ConfigName, ConfigValue } from './table.js';

const LOOPBACK = '127.0.0.1';

/** Settings that were read. */
interface Given {
  get<Name extends ConfigName>(name: Name): ConfigValue<Name> | null;
  setting(name: ConfigName): { from: readonly string[] } | null;
}

/**
 * What is wrong with settings together, by the names that the operator wrote. `Platform.start` finds the same, and names its
 * options.
 */
export function conflicts(settings: Given): string[] {
  const get: Given['get'] = (name) => settings.get(name);
  const named = (name: ConfigName) => `\`${name}\` (${settings.setting(name)?.from.join(', ')})`;
  const found: string[] = [];
  const [cert, key] = [get('tls-cert'), get('tls-key')];
  if (cert !== null && key === null) found.push(`${named('tls-cert')} needs its key: give tls-key.`);
  if (cert === null && key !== null) found.push(`${named('tls-key')} needs its certificate: give tls-cert.`);
  const listening = {
    hosts: get('host') ?? [LOOPBACK],
    tls: cert === null || key === null ? null : { cert, key },
    trustProxy: get('trust-proxy') ?? [],
  };
  if (isReadable(listening) && get('unsafe-plain-http-beyond-loopback') !== true && found.length === 0) {
    found.push(
      `${named('host')} goes beyond loopback, where plain HTTP can be read along: give tls-cert and tls-key, or put a proxy with TLS in front and name its address in trust-proxy.`,
    );
  }
  const bind = get('bind') ?? 'loopback';
  if (bind !== 'loopback') {
    const ports = new Set([...bind.map(({ port }) => port), get('port') ?? 0].filter((port) => port !== 0));
    if (ports.size > 1)
      found.push(
        `${named('bind')} names more than one port (${[...ports].join(', ')}), or another one than port.`,
      );
  }
  return found;
}
