import { afterEach, describe, expect, it } from 'vitest';
import { loadBinding } from '../../lib/transport/binding.js';
import {
  type BindOptions,
  bindEndpoint,
  type CloseReason,
  type NativeEndpoint,
} from '../../lib/transport/index.js';
import { defaultRelays } from '../../lib/transport/relays.js';
import { SecretKey } from '../../lib/wire/index.js';
import { ECHO, HAS_IPV6_LOOPBACK, Loopback } from '../support/loopback.js';

const net = new Loopback();
afterEach(() => net.closeAll());
const secretKey = SecretKey.fromBytes(new Uint8Array(32).fill(3));
/** No test may dial a relay: these names resolve nowhere. */
const relay = (name: string) => `https://${name}.invalid/`;

describe('bindEndpoint', () => {
  it('has the identity of its key and listens on loopback alone', async () => {
    const endpoint = await net.bind({ secretKey, alpns: [ECHO] });
    expect(endpoint.id).toBe(secretKey.id);
    expect(Buffer.from(endpoint.secretKey().toBytes())).toEqual(Buffer.from(secretKey.toBytes()));
    expect(endpoint.boundSockets().map(({ ip }) => ip)).toEqual([
      '127.0.0.1',
      HAS_IPV6_LOOPBACK ? '::1' : '::',
    ]);
    expect(endpoint.address()).toEqual({
      id: secretKey.id,
      relayUrls: [],
      directAddrs: endpoint.boundSockets().filter(({ ip }) => ip !== '::'),
    });
    expect(endpoint.relays()).toEqual([]);
    expect(endpoint.alpns()).toEqual([ECHO]);
    expect(endpoint.isOwned).toBe(true);
  });

  it.each([
    ['a host name', { bindAddrs: ['localhost:0'] }],
    ['two addresses of a family', { bindAddrs: ['127.0.0.1:0', '127.0.0.2:0'] }],
    ['loopback and more of it', { bindAddrs: ['loopback', '[::1]:0'] }],
    ['a relay that is no URL', { relays: [{ url: 'relay' }] }],
    ['a relay with QUIC port 0', { relays: [{ url: relay('a'), quicPort: 0 }] }],
  ] satisfies [string, Partial<BindOptions>][])('refuses %s before it touches anything', async (_, wrong) => {
    await expect(net.bind(wrong)).rejects.toMatchObject({ code: 'ERR_SETTING' });
  });

  it('names the address it could not bind', async () => {
    const [taken] = (await net.bind()).boundSockets();
    const bindAddrs = [`127.0.0.1:${taken?.port}`];
    await expect(net.bind({ bindAddrs })).rejects.toMatchObject({
      code: 'ERR_BIND',
      message: expect.stringContaining(`127.0.0.1:${taken?.port}`),
    });
    await expect(net.bind({ bindAddrs: ['192.0.2.77:0'] })).rejects.toMatchObject({ code: 'ERR_BIND' });
  });

  it('a binding that cannot be loaded is a named error', async () => {
    const load = () => Promise.reject(new Error('Cannot find native binding.\nmore'));
    const options: BindOptions = { secretKey, network: 'minimal', alpns: [] };
    await expect(bindEndpoint(options, {}, load)).rejects.toMatchObject({
      code: 'ERR_BINDING_UNAVAILABLE',
      message: expect.stringMatching(/on \w+ \w+: Cannot find native binding\. If/),
    });
  });

  it('is cancelled by its signal', async () => {
    const options: BindOptions = { secretKey, network: 'minimal', bindAddrs: ['loopback'], alpns: [] };
    await expect(bindEndpoint(options, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });

  it('closes an endpoint that is bound after its wait was given up', async () => {
    const binding = await loadBinding();
    let late: NativeEndpoint | undefined;
    const slowly = () => {
      const builder = binding.Endpoint.builder();
      const bind = builder.bind.bind(builder);
      builder.bind = async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        late = await bind();
        return late;
      };
      return builder;
    };
    const load = () => Promise.resolve({ ...binding, Endpoint: { builder: slowly } });
    const options: BindOptions = { secretKey, network: 'minimal', bindAddrs: ['loopback'], alpns: [] };
    await expect(bindEndpoint(options, { timeoutMs: 10 }, load)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    await expect.poll(() => late?.isClosed()).toBe(true);
  });
});

describe('relays', () => {
  it('are normalised, filled in, sorted, and never show their tokens', async () => {
    const endpoint = await net.bind({
      relays: [
        { url: 'https://B.invalid', auth: { token: 'sesame' } },
        { url: relay('a'), quicPort: 7000 },
        { url: relay('c'), quicPort: null },
      ],
    });
    expect(endpoint.relays()).toEqual([
      { url: relay('a'), quicPort: 7000, auth: null },
      { url: relay('b'), quicPort: 7842, auth: null },
      { url: relay('c'), quicPort: null, auth: null },
    ]);
    await endpoint.insertRelay({ url: relay('d'), auth: { token: 'sesame' } });
    await endpoint.insertRelay({ url: relay('a'), auth: { token: 'sesame' } });
    expect(endpoint.relays().map(({ url, quicPort }) => [url, quicPort])).toEqual([
      [relay('a'), 7842],
      [relay('b'), 7842],
      [relay('c'), null],
      [relay('d'), 7842],
    ]);
    expect(JSON.stringify(endpoint.relays())).not.toContain('sesame');
    await expect(endpoint.insertRelay({ url: 'nonsense' })).rejects.toMatchObject({ code: 'ERR_SETTING' });
  });

  it("of network 'n0' are n0's own by default", async () => {
    // Not by binding such an endpoint: that would contact n0, which no test does.
    const binding = await loadBinding();
    const relays = defaultRelays(binding);
    expect(relays.length).toBeGreaterThan(2);
    expect(relays.map(({ url }) => url)).toEqual(binding.RelayMode.defaultMode().relayMap().urls());
    expect(new Set(relays.map(({ quicPort }) => quicPort))).toEqual(new Set([7842]));
  });
});

describe('Endpoint', () => {
  it('online() has a time limit, a signal, and ends when the endpoint closes', async () => {
    const endpoint = await net.bind();
    await expect(endpoint.online({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await expect(endpoint.online({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    const waiting = endpoint.online();
    const closing = endpoint.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ENDPOINT_CLOSED' });
    await closing;
  });

  it('connect() is given up at its limit and by its signal, and a late connection is closed', async () => {
    const { dialler, acceptor } = await net.connect();
    const dead = { ...acceptor.address(), directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port: 9 }] };
    const stranger = { ...dead, id: SecretKey.fromBytes(new Uint8Array(32).fill(9)).id };
    await expect(dialler.connect(stranger, ECHO, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });

    const late = await net.bind({ alpns: [ECHO] });
    const abort = new AbortController();
    const accepted = new Promise<CloseReason>((resolve, reject) => {
      late.listen((attempt) => {
        abort.abort();
        attempt
          .accept()
          .then((connection) => connection.closed())
          .then(resolve, reject);
      });
    });
    const dialling = dialler.connect(late.address(), ECHO, { signal: abort.signal });
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(await accepted).toEqual({ by: 'peer', code: 0, reason: '' });
  });

  it('remembers where a peer is', async () => {
    const { dialler, acceptor } = await net.connect();
    const address = await acceptor.remoteAddress(dialler.id);
    expect(address?.id).toBe(dialler.id);
    expect(address?.directAddrs.length).toBeGreaterThan(0);
    expect(await acceptor.remoteAddress(secretKey.id)).toBeNull();
  });

  it('gives its counters in the same order each time', async () => {
    const { dialler } = await net.connect();
    const names = () => dialler.stats().map(({ group, name }) => `${group}:${name}`);
    expect(names()).toEqual(names());
    expect(names()).toEqual([...names()].sort());
    expect(dialler.stats().find(({ name }) => name === 'num_conns_opened')?.value).toBe(1);
  });

  it('close() is idempotent, and nothing can be done afterwards', async () => {
    const { dialler, acceptor, client } = await net.connect();
    await Promise.all([dialler.close(), dialler.close()]);
    expect(dialler.isClosed).toBe(true);
    expect(client.closeReason).toMatchObject({ by: 'local' });
    const closed = expect.objectContaining({ code: 'ERR_ENDPOINT_CLOSED' });
    await expect(dialler.connect(acceptor.address(), ECHO)).rejects.toEqual(closed);
    await expect(dialler.insertRelay({ url: relay('a') })).rejects.toEqual(closed);
    expect(() => dialler.setAlpns([])).toThrow(closed);
    expect(() => dialler.listen(() => {})).toThrow(closed);
  });
});
