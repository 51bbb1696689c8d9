import type { RelayProblemKind } from '../types.js';

/** What each problem means for a person, and what to do about it. */
export const PROBLEMS: Readonly<Record<RelayProblemKind, { sentence: string; step: string }>> = {
  'too-many-files': {
    sentence: 'This process may open no more files, so the probes could open no sockets.',
    step: "Raise the limit of open files (ulimit -n), or find what keeps the app's files open.",
  },
  'names-lead-nowhere': {
    sentence:
      "The relays' names lead nowhere: a filter in the name server answers with an address of this machine.",
    step: 'Ask for an exception for the relays in the DNS filter, or use another name server.',
  },
  'name-server-silent': {
    sentence: "The name server does not answer: the relays' addresses are not known.",
    step: 'Check the name servers of this machine (DNS), and the way to them.',
  },
  'name-server-failed': {
    sentence: "The relays' names could not be looked up.",
    step: 'Check the name servers of this machine (DNS).',
  },
  'names-unknown': {
    sentence: "The relays' names have no address that this machine could use.",
    step: "Check that the relays' URLs are right.",
  },
  'proxy-only': {
    sentence: 'The relays answer through the proxy alone, and iroh does not use it.',
    step: 'Ask for a direct way to the relays: TCP port 443 and UDP port 7842, past the proxy.',
  },
  'certificate-untrusted': {
    sentence:
      "The relays' certificates are signed by somebody that iroh does not trust: TLS is intercepted, or the relays' owner has an authority of his own. iroh will not connect to them.",
    step: 'Ask for an exception from TLS inspection for the relays.',
  },
  'certificate-expired': {
    sentence:
      "The relays' certificates have expired, or this machine's clock is wrong: iroh will not connect to them.",
    step: "Check this machine's clock; if it is right, renew the relays' certificates.",
  },
  'certificate-early': {
    sentence:
      "The relays' certificates are not valid yet: this machine's clock is behind. iroh will not connect to them.",
    step: "Set this machine's clock.",
  },
  'tls-hangs': {
    sentence:
      'The relays take TCP connections, but the TLS handshake hangs, as it does where large packets are lost (a small MTU): iroh will not connect to them.',
    step: 'Lower the MTU of the network interface (to 1280 for a try), or let ICMP "fragmentation needed" through.',
  },
  'upgrade-refused': {
    sentence: 'The relays, or something before them, refuse the WebSocket that iroh uses them by.',
    step: 'Ask for an exception for the relays in the HTTP proxy or firewall that stands before them.',
  },
  'tcp-refused': {
    sentence: 'The relays refuse TCP connections (HTTPS): iroh has no relay to use.',
    step: 'Check that the relays are up, and ask for outgoing TCP to port 443 of the relays.',
  },
  'tcp-silent': {
    sentence: 'The relays do not answer over TCP (HTTPS): iroh has no relay to use.',
    step: 'Check that the relays are up, and ask for outgoing TCP to port 443 of the relays.',
  },
  'no-route': {
    sentence: "This machine has no route to the relays' addresses: iroh has no relay to use.",
    step: 'Use relays that have addresses of a family that works here.',
  },
};
