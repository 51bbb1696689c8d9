import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../lib/transport/index.js';
import { type PlatformOptions, parsePlatformOptions } from '../../platform/options.js';
import { Reach } from '../../platform/reach.js';
import { freePort } from '../support/free-port.js';
import { newIdentity } from './identities/databases.js';

const bound: Endpoint[] = [];
afterEach(async () => {
  await Promise.all(bound.splice(0).map((endpoint) => endpoint.close()));
});

const database = 'postgres://platform@db.test/fleet';
const nowhere = { setting: async () => null, putSetting: async () => {} };

function reach(options: Partial<PlatformOptions>, warn = (_message: string) => {}): Reach {
  return new Reach(parsePlatformOptions({ dataDir: ':memory:', ...options }), nowhere, warn);
}

function held() {
  const secretKey = newIdentity();
  const lost = new AbortController();
  const lease = { identity: secretKey.id, secretKey, token: 1, holder: 'here', signal: lost.signal };
  return { ...lease, lose: () => lost.abort() };
}

async function bind(one: Reach, identity = held()): Promise<number | undefined> {
  const endpoint = await one.bind(identity);
  bound.push(endpoint);
  return endpoint.boundSockets()[0]?.port;
}

describe('identities of one process', () => {
  it('that begin at the same time do not both want the port of the options', async () => {
    const port = await freePort();
    const one = reach({ database, port });
    const ports = await Promise.all([bind(one), bind(one), bind(one)]);
    expect(ports.filter((taken) => taken === port)).toHaveLength(1);
    expect(new Set(ports).size).toBe(3);
  });

  it('leave the port of the options to the next one when they are lost; taken, it is no reason to serve nothing', async () => {
    const port = await freePort();
    const told: string[] = [];
    const one = reach({ database, port }, (message) => told.push(message));
    const first = held();
    expect(await bind(one, first)).toBe(port);
    first.lose();
    const next = held();
    expect(await bind(one, next)).not.toBe(port);
    expect(told).toEqual([
      expect.stringMatching(`^UDP port ${port} is taken, so the identity ${next.identity}`),
    ]);
  });
});

describe('the operator of a shared database', () => {
  it('is told that API secrets name one machine when no relay is named', () => {
    expect(reach({ database }).remark).toMatch(/^No relay is named, so API secrets name this machine/);
    expect(reach({ database, relays: ['https://relay.test/'] }).remark).toBeNull();
    expect(reach({ database, network: 'n0' }).remark).toBeNull();
    expect(reach({}).remark).toBeNull();
  });
});
