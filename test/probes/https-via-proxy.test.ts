import { afterEach, describe, expect, it, vi } from 'vitest';
import { proxyFor } from '../../lib/probes/http/proxy.js';
import { httpsViaProxyProbe } from '../../lib/probes/https-via-proxy.js';
import { tlsTrust } from '../../lib/probes/index.js';
import { runAlone, runForRelay } from './support/context.js';
import { Servers } from './support/servers.js';
import { TestCa } from './support/test-ca.js';

const servers = new Servers();
afterEach(() => servers.close());

describe('proxy variables', () => {
  const relay = new URL('https://use1.relay.test./');
  it.each<[string, NodeJS.ProcessEnv, string | null]>([
    ['none', {}, null],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://proxy.test:3128' }, 'proxy.test:3128'],
    ['without a scheme', { HTTPS_PROXY: 'proxy.test:3128' }, 'proxy.test:3128'],
    ['lower case wins', { HTTPS_PROXY: 'http://a.test:1', https_proxy: 'http://b.test:2' }, 'b.test:2'],
    ['ALL_PROXY', { ALL_PROXY: 'http://proxy.test:1' }, 'proxy.test:1'],
    ['HTTP_PROXY is for plain HTTP', { HTTP_PROXY: 'http://proxy.test:1' }, null],
    ['credentials are not shown', { https_proxy: 'http://me:secret@proxy.test:1' }, 'proxy.test:1'],
    ['garbage', { https_proxy: 'http://[' }, null],
    ['NO_PROXY, the host', { https_proxy: 'http://p:1', NO_PROXY: 'other.test, use1.relay.test' }, null],
    ['NO_PROXY, its domain', { https_proxy: 'http://p:1', no_proxy: '.relay.test' }, null],
    ['NO_PROXY, everything', { https_proxy: 'http://p:1', no_proxy: '*' }, null],
    ['NO_PROXY, host:port', { https_proxy: 'http://p:1', no_proxy: 'use1.relay.test:443' }, null],
    ['NO_PROXY, another port', { https_proxy: 'http://p:1', no_proxy: 'use1.relay.test:8443' }, 'p:1'],
    ['NO_PROXY, its domain by *', { https_proxy: 'http://p:1', no_proxy: '*.relay.test' }, null],
    ['NO_PROXY, in quotes', { https_proxy: 'http://p:1', no_proxy: '"use1.relay.test"' }, null],
    ['NO_PROXY, another domain', { https_proxy: 'http://p:1', no_proxy: 'elay.test' }, 'p:1'],
  ])('%s', (_, env, label) => {
    expect(proxyFor(relay, env)?.label ?? null).toBe(label);
  });
});

describe('addresses in NO_PROXY', () => {
  it.each([
    ['198.51.100.10', '198.51.100.10', true],
    ['198.51.100.10', '198.51.100.0/24', true],
    ['198.51.100.10', '198.51.101.0/24', false],
    ['198.51.100.10', '0.0.0.0/0', true],
    ['198.51.100.10', '198.51.100.0/99', false],
    ['198.51.100.10', '1.198.51.100.10', false],
    ['[2001:db8:a::10]', '2001:db8:a::10', true],
    ['[2001:db8:a::10]', '[2001:db8:a::10]', true],
    ['[2001:db8:a::10]', '[2001:db8:a::10]:443', true],
    ['[2001:db8:a::10]', '[2001:db8:a::10]:444', false],
    ['[2001:db8:a::10]', '2001:db8::/32', true],
    ['[2001:db8:a::10]', '198.51.100.0/24', false],
  ])('https://%s with %s: excluded %s', (host, noProxy, isExcluded) => {
    const env = { https_proxy: 'http://p:1', no_proxy: noProxy };
    expect(proxyFor(new URL(`https://${host}/`), env) === null).toBe(isExcluded);
  });
});

describe('https-via-proxy probe', () => {
  it('plans nothing without a proxy', async () => {
    expect(await runAlone(httpsViaProxyProbe, ['https://relay.test/'])).toEqual([]);
  });

  it('measures through CONNECT, apart from the latencies that are judged', async () => {
    const ca = await TestCa.create();
    try {
      const identity = await ca.issue('relay.test', 'DNS:relay.test');
      const port = await servers.https(identity, (_, response) => response.end());
      const seen: { authority?: string | undefined; authorization?: string | undefined }[] = [];
      const proxyPort = await servers.proxy(seen, port);
      const env = { https_proxy: `http://me:s%40crt@127.0.0.1:${proxyPort}` };
      const tls = tlsTrust([ca.cert], [], async () => []);
      const record = await runForRelay(httpsViaProxyProbe, 'https://relay.test./', { env, tls });
      expect(record).toMatchObject({
        outcome: 'ok',
        observation: {
          viaProxy: [{ relayUrl: 'https://relay.test./', proxy: `127.0.0.1:${proxyPort}` }],
          details: { status: 200 },
        },
      });
      expect(record.observation?.latencies).toBeUndefined();
      const authorization = `Basic ${Buffer.from('me:s@crt').toString('base64')}`;
      expect(seen).toEqual([{ authority: 'relay.test.:443', authorization }]);
    } finally {
      await ca.remove();
    }
  });

  it('takes a password with a stray % as it stands', async () => {
    const seen: { authorization?: string | undefined }[] = [];
    const proxyPort = await servers.proxy(seen, await servers.tcp((socket) => socket.end()));
    const env = { https_proxy: `http://me:pa%ss@127.0.0.1:${proxyPort}` };
    await runForRelay(httpsViaProxyProbe, 'https://relay.test/', { env });
    expect(seen).toMatchObject([{ authorization: `Basic ${Buffer.from('me:pa%ss').toString('base64')}` }]);
  });

  it('names a refusal, a proxy that is none, and one of another protocol', async () => {
    const refusing = await servers.tcp((socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'));
    const mute = await servers.tcp((socket) => socket.end());
    const code = async (proxy: string) => {
      const record = await runForRelay(httpsViaProxyProbe, 'https://relay.test/', {
        env: { https_proxy: proxy },
      });
      return [record.outcome, record.error?.code];
    };
    expect(await code(`http://127.0.0.1:${refusing}`)).toEqual(['failed', 'PROXY_STATUS']);
    expect(await code(`http://127.0.0.1:${mute}`)).toEqual(['failed', 'ECONNRESET']);
    expect(await code('socks5://127.0.0.1:1')).toEqual(['unsupported', 'PROXY_PROTOCOL']);
  });

  it('lets go of a tunnel that leads nowhere', async () => {
    const silent = await servers.tcp();
    const proxyPort = await servers.proxy([], silent);
    const env = { https_proxy: `http://127.0.0.1:${proxyPort}` };
    const record = await runForRelay(httpsViaProxyProbe, 'https://relay.test/', { env, deadlineMs: 200 });
    expect(record.outcome).toBe('timeout');
    await vi.waitFor(() => expect(servers.connections).toBe(0));
  });
});
