import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { rootCertificates } from 'node:tls';
import { subjectOf } from '../../../lib/probes/qad/certificates/certificate.js';

const require = createRequire(import.meta.url);

/** A root of Mozilla's whose key is of the kind of the lab's authority, and whose name is as long as {@link RENTED_NAME}. */
const RENTED_ROOT = 'CN=Amazon Root CA 3';
/** The authority of a lab: bytes for bytes it has to fit into the place of the root. */
export const RENTED_NAME = 'Lab CA of the networks of iroh-net-diagnostics';

/** The variable by which the binding is told to load another file than its own. */
export const BINDING_VARIABLE = 'NAPI_RS_NATIVE_LIBRARY_PATH';

/**
 * Writes a copy of iroh's binding that trusts the authority of a lab. The binding trusts Mozilla's roots alone, which are
 * compiled into it: without this an endpoint in a lab can use no relay over TLS, and no relay tells it its public address. In the
 * copy one of the roots has the name and the key of the lab's authority; nothing else is another.
 */
export function writeTrustingBinding(authority: X509Certificate, file: string): void {
  const root = rootCertificates
    .map((pem) => new X509Certificate(pem))
    .find(({ subject }) => subject.split('\n').includes(RENTED_ROOT));
  if (root === undefined) throw new Error(`Node has no root of Mozilla's that is called ${RENTED_ROOT}`);
  const binding = readFileSync(bindingFile());
  for (const part of [nameOf, keyOf]) replace(binding, part(root), part(authority));
  writeFileSync(file, binding);
}

function replace(binding: Buffer, old: Buffer, own: Buffer): void {
  const place = binding.indexOf(old);
  if (place === -1 || own.length !== old.length || binding.includes(old, place + 1)) {
    throw new Error(`the binding does not hold ${RENTED_ROOT} as it was expected`);
  }
  own.copy(binding, place);
}

/** Name and key in DER as the library holds them: without the tag and the length of the whole. */
function nameOf({ raw }: X509Certificate): Buffer {
  return subjectOf(raw).subarray(2);
}

function keyOf({ publicKey }: X509Certificate): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(2);
}

/** Which of its files it loads depends on the machine: it is loaded to see. */
function bindingFile(): string {
  require('@number0/iroh/index.js');
  const file = Object.keys(require.cache).find((name) => /@number0[\\/].*\.node$/.test(name));
  if (file === undefined) throw new Error('the binding loaded no file of its own');
  return file;
}
