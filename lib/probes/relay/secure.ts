import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { onAbort } from '../../async/index.js';
import { printable } from '../../text.js';
import { tlsName } from '../http/get.js';
import { ProbeFailure } from '../probe-failure.js';

/** A certificate that iroh would refuse, with what it says about itself. */
export class CertificateError extends ProbeFailure {
  override name = 'CertificateError';
  readonly details: Readonly<Record<string, string>>;

  constructor(code: string, details: Readonly<Record<string, string>>) {
    super(code, `the certificate is not one that iroh trusts (${code})`);
    this.details = details;
  }
}

/**
 * TLS over a connection. The certificate is checked after the handshake, not in it, so that the error can tell its
 * dates and its signer.
 */
export function secure(
  socket: Socket,
  hostname: string,
  secureContext: SecureContext,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const host = tlsName(hostname);
  const servername = isIP(host) === 0 ? host : '';
  return new Promise<TLSSocket>((resolve, reject) => {
    const tls = connect({ socket, host, servername, secureContext, rejectUnauthorized: false });
    const forget = onAbort(signal, () => {
      tls.destroy();
      reject(signal.reason);
    });
    tls.once('close', () => {
      forget();
      reject(new ProbeFailure('ECONNRESET', 'the connection closed in the TLS handshake'));
    });
    tls.on('error', reject);
    tls.once('secureConnect', () => {
      if (tls.authorized) return resolve(tls);
      const refused = refusal(tls);
      tls.destroy();
      reject(refused);
    });
  });
}

function refusal(tls: TLSSocket): CertificateError {
  const { issuer, valid_from: validFrom, valid_to: validTo } = tls.getPeerCertificate();
  const names = [issuer?.O, issuer?.CN].flat().filter((part) => typeof part === 'string');
  // The types say Error, but it is the code.
  const code: unknown = tls.authorizationError;
  const details = { issuer: names.join(', '), validFrom, validTo };
  return new CertificateError(
    typeof code === 'string' ? code : 'CERT_REJECTED',
    Object.fromEntries(Object.entries(details).map(([key, value]) => [key, printable(String(value))])),
  );
}
