import { freePort } from '../../../support/free-port.js';
import type { Issued, LabCa } from './lab-ca.js';
import { IROH_RELAY, type Programs } from './programs.js';

export interface Relay {
  /** Ports on 127.0.0.1. */
  https: number;
  quic: number;
  /** Its log so far. */
  output(): string;
}

/**
 * A real iroh-relay with address discovery, on loopback.
 * @param log - for RUST_LOG
 */
export async function startRelay(
  programs: Programs,
  ca: LabCa,
  server: Issued,
  log: 'debug' | 'info',
): Promise<Relay> {
  const [http, https, quic] = [await freePort(), await freePort(), await freePort()];
  const config = programs.file(
    'relay.toml',
    [
      `http_bind_addr = "127.0.0.1:${http}"`,
      'enable_quic_addr_discovery = true',
      'enable_metrics = false',
      '[tls]',
      `https_bind_addr = "127.0.0.1:${https}"`,
      `quic_bind_addr = "127.0.0.1:${quic}"`,
      'cert_mode = "Manual"',
      `manual_cert_path = "${ca.chainFile(server)}"`,
      `manual_key_path = "${server.keyFile}"`,
    ].join('\n'),
  );
  const output = await programs.start(
    IROH_RELAY ?? '',
    ['--config-path', config],
    /QUIC server listening|quic/i,
    { RUST_LOG: log, NO_COLOR: '1' },
  );
  return { https, quic, output };
}

/** A real iroh-relay on loopback without TLS, which any endpoint trusts. @returns its URL */
export async function startPlainRelay(programs: Programs): Promise<string> {
  const port = await freePort();
  const config = programs.file(
    'relay.toml',
    `http_bind_addr = "127.0.0.1:${port}"\nenable_metrics = false\n`,
  );
  await programs.start(IROH_RELAY ?? '', ['--config-path', config], /serving on/, {
    RUST_LOG: 'info',
    NO_COLOR: '1',
  });
  return `http://127.0.0.1:${port}/`;
}
