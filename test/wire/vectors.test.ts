import { describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import {
  ApiSecret,
  decodeServicesRequest,
  decodeUnitResult,
  encodeServicesRequest,
  encodeUnitResult,
  type ServicesRequest,
  Token,
} from '../../lib/wire/index.js';
import { clientVectors, clientVectors2, fromHex, keyOf, requestVectors, toHex } from './support.js';

const tokensOf = (request: ServicesRequest): Token[] => ('token' in request ? [request.token] : []);

describe('what the official client sent', () => {
  it.each(requestVectors)('$name decodes and re-encodes to the same bytes', ({ bytes }) => {
    expect(toHex(encodeServicesRequest(decodeServicesRequest(bytes)))).toBe(toHex(bytes));
  });

  it('says who, what and until when in its tokens', () => {
    for (const { clientId, messages } of clientVectors.captures) {
      const auth = messages.find(({ request }) => request === 'Auth');
      const request = decodeServicesRequest(fromHex(auth?.hex ?? ''));
      expect(request).toMatchObject({
        type: 'auth',
        token: {
          issuer: clientVectors.apiSecret.secretPublicKey,
          audience: clientId,
          origin: { kind: 'issuer' },
          expiresAt: (auth?.receivedAt ?? 0) + 30 * 24 * 3600,
        },
      });
      expect(tokensOf(request)[0]?.caps.toStrings()).toEqual(['client']);
    }
  });

  it('reads the lab report with QUIC address discovery results', () => {
    const lab = requestVectors.find(({ name }) => name === 'lab report 0');
    const request = decodeServicesRequest(lab?.bytes ?? new Uint8Array());
    expect(request).toMatchObject({
      type: 'put-network-diagnostics',
      report: {
        netReport: {
          udpV4: true,
          udpV6: true,
          mappingVariesByDestIpv4: null,
          mappingVariesByDestIpv6: false,
          preferredRelay: 'https://relay2.test/',
          relayLatency: { ipv4: [{ relayUrl: 'https://relay2.test/', latencyMs: 52.217895 }] },
          globalV4: { family: 4, ip: '192.0.2.1', port: 60310 },
          globalV6: { family: 6, ip: '2001:db8::1', port: 54782 },
          captivePortal: null,
        },
        portmapProbe: { upnp: true, pcp: true, natPmp: true },
        irohVersion: '1.0.0',
      },
    });
  });

  it('reads names and the first metrics push with its schema', () => {
    const requests = requestVectors.map(({ bytes }) => decodeServicesRequest(bytes));
    expect(requests).toContainEqual({ type: 'name-endpoint', name: 'vector-21 👋' });
    const push = requests.find((request) => request.type === 'put-metrics');
    expect(push?.type === 'put-metrics' && push.update.schema?.items[0]).toEqual({
      type: 'counter',
      name: 'update_direct_addrs',
      prefixes: ['socket'],
      labels: [],
    });
  });

  it('reads groups and attributes, and their end', () => {
    const said = requestVectors
      .map(({ bytes }) => decodeServicesRequest(bytes))
      .filter(({ type }) => type === 'set-group' || type === 'set-attributes')
      .slice(0, -1);
    const attributes = { empty: '', env: 'prod', 'région 🌍': 'us-wëst 🚀' };
    expect(said).toEqual([
      { type: 'set-group', group: 'staging' },
      { type: 'set-attributes', attributes },
      { type: 'set-group', group: 'my-group 👋' },
      { type: 'set-attributes', attributes: { ...attributes, version: '41.0.3' } },
      { type: 'set-attributes', attributes: {} },
    ]);
  });

  it.each(clientVectors2.answers)('the answer $answer', ({ hex }) => {
    expect(toHex(encodeUnitResult(decodeUnitResult(fromHex(hex))))).toBe(hex);
  });

  it('our own tokens are the same bytes', () => {
    for (const { bytes } of requestVectors) {
      for (const token of tokensOf(decodeServicesRequest(bytes))) {
        const issuer = [9, 21, 33].map(keyOf).find(({ id }) => id === token.issuer) ?? keyOf(0);
        const { audience, caps, expiresAt } = token;
        expect(toHex(Token.issue({ issuer, audience, caps, expiresAt }).encode())).toBe(
          toHex(token.encode()),
        );
      }
    }
  });

  it('no token survives the flip of any one bit', { timeout: 120_000 }, () => {
    const tokens = requestVectors.flatMap(({ bytes }) => tokensOf(decodeServicesRequest(bytes)));
    expect(tokens).toHaveLength(5);
    for (const token of tokens) {
      const bytes = token.encode();
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = bytes.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => Token.decode(flipped), `bit ${bit}`).toThrow(NetDiagnosticsError);
      }
    }
  });

  it('no request survives being cut short or a byte too long', { timeout: 120_000 }, () => {
    for (const { bytes } of requestVectors) {
      for (let length = 0; length < bytes.length; length += 1) {
        expect(() => decodeServicesRequest(bytes.subarray(0, length)), `${length} bytes`).toThrow(
          NetDiagnosticsError,
        );
      }
      expect(() => decodeServicesRequest(Uint8Array.of(...bytes, 0))).toThrow('left over');
    }
  });

  it('the API secret', () => {
    const { ticket, secretPublicKey, platformId } = clientVectors.apiSecret;
    const secret = ApiSecret.parse(ticket);
    expect(secret.keyId).toBe(secretPublicKey);
    expect(secret.platform).toEqual({
      id: platformId,
      relayUrls: [],
      directAddrs: [{ family: 4, ip: '127.0.0.1', port: expect.any(Number) }],
    });
    expect(secret.reveal()).toBe(ticket);
    expect(ApiSecret.create(keyOf(9), secret.platform).reveal()).toBe(ticket);
  });
});
