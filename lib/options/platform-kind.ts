import { messageOf } from '../errors.js';
import { group, type Kind, listOf, needed, option, textKind, type Values } from '../settings/index.js';
import {
  type EndpointAddress,
  InvalidValue,
  parseEndpointId,
  parseSocketAddr,
  relayFromUrl,
} from '../wire/index.js';

const text = (what: string) => textKind(what, (value) => value);
const texts = (what: string) => listOf(what, text('a text'));

const ADDRESS_TABLE = {
  id: needed(text('64 hex digits')),
  relays: option(texts('a list of relay URLs'), []),
  addrs: option(texts('a list of addresses with port'), []),
};
const ADDRESS = group(
  '"ID" or "ID@ip:port,https://relay.example"; in code also { id, relays, addrs }',
  ADDRESS_TABLE,
);

/** Where a platform is. */
export function platformAddress(): Kind<EndpointAddress> {
  const fromText = (value: string) => {
    const [id = '', rest = ''] = value.split('@');
    const ways = rest === '' ? [] : rest.split(',').map((way) => way.trim());
    const isUrl = (way: string) => /^https?:/i.test(way);
    return addressOf({
      id: id.trim(),
      relays: ways.filter(isUrl),
      addrs: ways.filter((way) => !isUrl(way)),
    });
  };
  return {
    should: ADDRESS.should,
    fromText,
    fromValue: (value) => (typeof value === 'string' ? fromText(value) : addressOf(ADDRESS.fromValue(value))),
  };
}

function addressOf({ id, relays, addrs }: Values<typeof ADDRESS_TABLE>): EndpointAddress {
  try {
    return {
      id: parseEndpointId(id),
      relayUrls: relays.map((url) => relayFromUrl(url).url),
      directAddrs: addrs.map(parseSocketAddr),
    };
  } catch (error) {
    if (error instanceof InvalidValue) throw error;
    throw new InvalidValue(messageOf(error), { cause: error });
  }
}
