import { type ApiSecret, formatSocketAddr } from '../wire/index.js';

/** What may be shown of an API secret: everything but its key. */
export interface SecretFacts {
  /** Of the text form; there is only one. */
  version: 0;
  /** The public half of the key, which identifies the secret. */
  keyId: string;
  /** The platform that the secret is for. Without relays and addresses it is looked up by its id. */
  platform: { id: string; relays: readonly string[]; addrs: readonly string[] };
}

export function secretFacts({ keyId, platform }: ApiSecret): SecretFacts {
  const { id, relayUrls, directAddrs } = platform;
  return {
    version: 0,
    keyId,
    platform: { id, relays: relayUrls, addrs: directAddrs.map(formatSocketAddr) },
  };
}
