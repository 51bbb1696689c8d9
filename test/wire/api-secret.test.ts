import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../lib/errors.js';
import { encodeBase32 } from '../../lib/wire/base32.js';
import { ApiSecret, Caps, parseSocketAddr, SecretKey, Token } from '../../lib/wire/index.js';
import { PostcardWriter } from '../../lib/wire/postcard-writer.js';
import { endpointAddress, secretKey } from './arbitraries.js';
import { clientVectors, fromHex, holds, keyOf, toHex } from './support.js';

const SEED = '09'.repeat(32);
const platformId = keyOf(7).id;
const ticketOf = (hex: string): string => `services${encodeBase32(fromHex(hex))}`;
/** A secret whose set of addresses is these bytes. */
const withAddrs = (addrs: string): ApiSecret => ApiSecret.parse(ticketOf(`0020${SEED}${platformId}${addrs}`));
const strHex = (text: string): string => toHex(new PostcardWriter().str(text, 't').finish());
const refusalOf = (text: string): string => {
  try {
    ApiSecret.parse(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_API_SECRET' });
    expect((error as Error).cause).toBeUndefined();
    return messageOf(error);
  }
  throw new Error('was taken');
};

describe('API secrets', () => {
  it('go there and back', () => {
    holds(
      fc.property(fc.record({ key: secretKey, platform: endpointAddress }), ({ key, platform }) => {
        const text = ApiSecret.create(key, platform).reveal();
        const back = ApiSecret.parse(text);
        expect(back.platform).toEqual(platform);
        expect(back.keyId).toBe(key.id);
        expect(back.reveal()).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it('are written sorted by value and without repetitions', () => {
    const directAddrs = ['[::1]:1', '10.0.0.1:5', '9.0.0.1:443', '9.0.0.1:80', '10.0.0.1:5'].map(
      parseSocketAddr,
    );
    const relayUrls = ['https://b.test', 'https://a.test/', 'https://b.test/'];
    const { platform } = ApiSecret.create(keyOf(9), { id: platformId, relayUrls, directAddrs });
    expect(platform.relayUrls).toEqual(['https://a.test/', 'https://b.test/']);
    expect(platform.directAddrs.map(({ ip, port }) => `${ip} ${port}`)).toEqual([
      '9.0.0.1 80',
      '9.0.0.1 443',
      '10.0.0.1 5',
      '::1 1',
    ]);
  });

  it('take an empty set, several relays, IPv4 and IPv6, in any order', () => {
    expect(withAddrs('00').platform).toEqual({ id: platformId, relayUrls: [], directAddrs: [] });
    const set = `04 0101${'00'.repeat(15)}0105 00${strHex('https://b.test/')} 0100 7f000001 05 00${strHex('https://a.test/')}`;
    expect(withAddrs(set).platform).toMatchObject({
      relayUrls: ['https://a.test/', 'https://b.test/'],
      directAddrs: [{ ip: '127.0.0.1' }, { ip: '::1' }],
    });
  });

  it('take a relay without its slash', () => {
    expect(withAddrs(`01 00${strHex('https://relay.test.')}`).platform.relayUrls).toEqual([
      'https://relay.test./',
    ]);
  });

  it.each([
    ['inline, as iroh-base 1.0 writes them', `02 ac02 00 03 ${'aa'.repeat(30)}`],
    ['on the heap, as iroh-base 1.0 writes them', '02 ac02 01 03 aaaaaa'],
    ['as iroh-base 1.4 writes them', '02 ac02 05 aaaaaaaaaa'],
  ])('skip addresses of custom transports %s', (_name, custom) => {
    const text = ticketOf(`0020${SEED}${platformId}02 ${custom} 01007f000001 05`);
    const secret = ApiSecret.parse(text);
    expect(secret.platform.directAddrs).toEqual([{ family: 4, ip: '127.0.0.1', port: 5 }]);
    expect(secret.reveal()).toBe(text);
  });

  it('take mixed case in the body, not in the prefix', () => {
    const { ticket } = clientVectors.apiSecret;
    const upper = `services${ticket.slice(8).toUpperCase()}`;
    expect(ApiSecret.parse(upper).reveal()).toBe(ticket);
    expect(refusalOf(ticket.toUpperCase())).toContain('does not begin');
  });

  const { ticket } = clientVectors.apiSecret;
  it.each([
    ['nothing', '', 'does not begin'],
    ['no prefix', ticket.slice(8), 'does not begin'],
    ['only the prefix', 'services', 'version'],
    ['leading white space', ` ${ticket}`, 'does not begin'],
    ['trailing white space', `${ticket}\n`, 'base32'],
    ['padding', `${ticket}==`, 'base32'],
    ['its end cut off', ticket.slice(0, -2), 'platform'],
    ['another version', ticketOf(`0120${SEED}${platformId}00`), 'version 1 is not known'],
    ['a short key', ticketOf(`001f${SEED}${platformId}00`), 'the length is 31, not 32'],
    ['an id that is no point', ticketOf(`0020${SEED}02${'00'.repeat(31)}00`), 'canonical'],
    ['an id of small order', ticketOf(`0020${SEED}01${'00'.repeat(31)}00`), 'small order'],
    ['no URL', ticketOf(`0020${SEED}${platformId}0100${strHex('relay.test')}`), 'platform.addrs[0].relayUrl'],
    ['another scheme', ticketOf(`0020${SEED}${platformId}0100${strHex('javascript:1')}`), 'relayUrl'],
    ['an unknown kind of address', ticketOf(`0020${SEED}${platformId}01 03 00`), 'unknown kind of address 3'],
    ['bytes left over', ticketOf(`0020${SEED}${platformId}00 00`), 'left over'],
    ['a huge count', ticketOf(`0020${SEED}${platformId}ffffffff0f`), 'do not fit'],
  ])('refuse %s and say why without repeating it', (_name, text, why) => {
    const message = refusalOf(text);
    expect(message).toContain(why);
    expect(message).not.toContain('eeqscij');
    expect(message).not.toContain('0909');
  });

  it('come from the environment', () => {
    expect(ApiSecret.fromEnv({})).toBeUndefined();
    expect(ApiSecret.fromEnv({ IROH_SERVICES_API_SECRET: '' })).toBeUndefined();
    expect(ApiSecret.fromEnv({ IROH_SERVICES_API_SECRET: ticket })?.reveal()).toBe(ticket);
    expect(() => ApiSecret.fromEnv({ IROH_SERVICES_API_SECRET: 'services1' })).toThrow(
      'IROH_SERVICES_API_SECRET',
    );
  });

  it('issue tokens by their key', () => {
    const token = ApiSecret.parse(ticket).issueToken(platformId, Caps.of('client'), 12);
    expect(Token.decode(token.encode())).toMatchObject({
      issuer: keyOf(9).id,
      audience: platformId,
      expiresAt: 12,
    });
  });

  it('do not change when their platform is', () => {
    const secret = ApiSecret.parse(ticket);
    secret.platform.directAddrs.length = 0;
    expect(secret.platform.directAddrs).toHaveLength(1);
  });
});

describe('secrets never come out by accident', () => {
  const secret = ApiSecret.parse(clientVectors.apiSecret.ticket);
  const key = SecretKey.parse(SEED);
  const forms = [
    SEED,
    'eeqscij',
    Buffer.from(SEED, 'hex').toString('base64'),
    '9, 9, 9',
    '9,9,9',
    '09 09 09',
  ];

  it.each([
    ['an API secret', secret],
    ['a secret key', key],
  ])('of %s', (_name, value) => {
    const shown = [
      String(value),
      `${value}`,
      JSON.stringify(value),
      JSON.stringify({ deep: [value] }),
      inspect(value),
      inspect(value, { showHidden: true, depth: 9, getters: true, customInspect: false }),
      inspect({ deep: { value } }, { depth: 9 }),
      inspect(new Error('x', { cause: value }), { showHidden: true }),
      inspect(structuredClone({ ...value })),
      inspect(structuredClone(value), { showHidden: true }),
      Object.keys(value).join(),
      Reflect.ownKeys(value).join(),
      JSON.stringify(Object.entries(value)),
    ].join('\n');
    for (const form of forms) expect(shown).not.toContain(form);
    expect(shown).toContain('fd1724385a');
  });
});
