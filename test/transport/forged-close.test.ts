import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { SecretKey } from '../../lib/wire/index.js';
import { ECHO, Loopback } from '../support/loopback.js';
import { forgeCloses } from '../support/quic-forger.js';

const net = new Loopback();
afterEach(() => net.closeAll());

describe('a handshake that somebody without any key breaks off', () => {
  it.each([
    ['in the words of a closed endpoint', 'x\nCaused by:\nEndpoint is closed'],
    ['in the words of a refusal', 'x\nCaused by:\nclosed by peer: Unauthorized (code 401)'],
    ['with what would forge lines of a log', 'x\u001b[2J\u202e\nERROR forged'],
  ])('is a connection that failed, and no more: %s', async (_, reason) => {
    const endpoint = await net.bind();
    const forger = await forgeCloses(reason);
    try {
      const id = SecretKey.fromBytes(randomBytes(32)).id;
      const directAddrs = [{ family: 4 as const, ip: '127.0.0.1', port: forger.port }];
      const error: unknown = await endpoint
        .connect({ id, relayUrls: [], directAddrs }, ECHO, { timeoutMs: 5_000 })
        .catch((failure: unknown) => failure);
      expect(forger.sent()).toBeGreaterThan(0);
      expect(error).toMatchObject({
        code: 'ERR_CONNECT',
        message: expect.stringMatching(/^[^\p{Cc}\p{Cf}]+$/u),
      });
      expect(endpoint.isClosed).toBe(false);
    } finally {
      forger.close();
    }
  });
});
