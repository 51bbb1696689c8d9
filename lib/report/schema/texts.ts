import { type Properties, text } from './json-schema.js';

/**
 * Every kind of text in a report has a name of its own here, even where the checks are the same: redaction goes by
 * these names.
 */
export const TEXTS: Properties = {
  word: text('A code, a name of a probe or of a program; tells nothing about the machine.'),
  timestamp: text('ISO 8601, UTC.'),
  text: text('Prose or a reference; may name addresses and hosts.'),
  foreign: text('What somebody else calls himself, e.g. the issuer of a certificate.'),
  interface: text('A network interface.'),
  ip: text('An IP address.'),
  socketAddress: text('`1.2.3.4:5` or `[::1]:5`.'),
  host: text('A host name.'),
  hostPort: text('`host:port`.'),
  url: text('An http or https URL.'),
  peer: text("A peer's socket address, or a relay's URL."),
  endpointId: text('64 hexadecimal digits.'),
  detail: text('More for the reader, never judged.'),
};
