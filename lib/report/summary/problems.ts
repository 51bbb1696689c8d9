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
  'picked-unusable': {
    sentence:
      'iroh picks the relay that answers fastest, and that one, or one as fast, cannot be used, although another could.',
    step: 'Make the HTTPS (TCP port 443) of the fastest relay reachable, or take that relay out of the list.',
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
  'certificate-wrong-name': {
    sentence:
      "What answers for the relays shows a certificate for another name: the relays' URLs are wrong, or another server answers in their place. iroh will not connect to it.",
    step: "Check that the relays' URLs are the names on their certificates.",
  },
  'tls-broken': {
    sentence:
      'The relays take TCP connections, but the TLS handshake is cut off, or is answered by something that speaks no TLS: a firewall that filters TLS, or another server in their place. iroh has no relay to use.',
    step: 'Ask for an exception for the relays in the firewall that filters TLS (TCP port 443).',
  },
  'tls-hangs': {
    sentence:
      'The relays take TCP connections, but the TLS handshake hangs, or the first large packet after it, as it does where large packets are lost (a small MTU): iroh cannot use them.',
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
