import { setMaxListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hostsFile, Resolver, systemLookup } from '../../lib/probes/index.js';
import { hostsPath } from '../../lib/probes/names/hosts-file.js';
import { NameServer, type Zone } from './support/name-server.js';

const servers: NameServer[] = [];
const ends: AbortController[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end.abort(new Error('the test is over'));
  for (const server of servers.splice(0)) server.close();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function serve(zone: Zone): Promise<NameServer> {
  const server = await NameServer.start(zone);
  servers.push(server);
  return server;
}

/** A report's resolver that asks these servers. */
async function resolverOf(
  addresses: readonly string[],
  hosts = '',
  remainingMs = 3000,
  isRouted = async (_: 4 | 6) => true,
): Promise<Resolver> {
  const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-hosts-'));
  folders.push(folder);
  await writeFile(join(folder, 'hosts'), hosts);
  const end = new AbortController();
  ends.push(end);
  // Each lookup listens, as in a report.
  setMaxListeners(0, end.signal);
  const lookup = systemLookup({ hostsFile: hostsFile(join(folder, 'hosts')), servers: addresses });
  return new Resolver(lookup, end.signal, () => remainingMs, isRouted);
}

const ipsOf = (found: readonly { ip: string }[]) => found.map(({ ip }) => ip);

describe('names', () => {
  it('uses the A record at once where AAAA is dropped', async () => {
    const server = await serve((_, family) => (family === 4 ? ['192.0.2.7'] : 'silence'));
    const resolver = await resolverOf([server.address]);
    const { value } = await resolver.addresses('relay.test').next();
    expect(ipsOf(value ?? [])).toEqual(['192.0.2.7']);
    expect(await resolver.name('relay.test', 4)).toMatchObject({ result: 'found', ips: ['192.0.2.7'] });
    expect(await resolver.name('relay.test', 6)).toEqual({
      ...{ host: 'relay.test', family: 6, result: 'silent', ips: [], code: 'DNS_SILENT' },
    });
  });

  it('waits less for the family in which this machine has no route', async () => {
    const server = await serve((_, family) => (family === 4 ? ['192.0.2.7'] : 'silence'));
    const took = async (routed: 4 | 6) => {
      const resolver = await resolverOf([server.address], '', 3000, async (family) => family === routed);
      const startedAt = performance.now();
      expect(await resolver.name('relay.test', 6)).toMatchObject({ result: 'silent', code: 'DNS_SILENT' });
      return performance.now() - startedAt;
    };
    expect(await took(6)).toBeGreaterThanOrEqual(1400);
    const routeless = await took(4);
    expect(routeless).toBeGreaterThanOrEqual(450);
    expect(routeless).toBeLessThan(1400);
  });

  it('tells an error of one family from the other one, and none from failed', async () => {
    const server = await serve((name, family) => {
      if (name === 'gone.test') return 'nxdomain';
      return family === 4 ? ['192.0.2.7'] : name === 'plain.test' ? [] : 'servfail';
    });
    const resolver = await resolverOf([server.address]);
    expect(await resolver.name('relay.test', 6)).toMatchObject({ result: 'failed', code: 'ESERVFAIL' });
    expect(await resolver.name('relay.test', 4)).toMatchObject({ result: 'found' });
    expect(await resolver.name('plain.test', 6)).toMatchObject({ result: 'none', ips: [] });
    expect(await resolver.name('gone.test', 4)).toMatchObject({ result: 'none', code: 'ENOTFOUND' });
  });

  it('does not let names that hang hold back others, in whatever order they are asked', async () => {
    const server = await serve((name) => (name.startsWith('hangs') ? 'silence' : ['192.0.2.7']));
    const resolver = await resolverOf([server.address]);
    const hanging = ['hangs-1.test', 'hangs-2.test', 'hangs-3.test', 'hangs-4.test', 'hangs-5.test'];
    const settled: string[] = [];
    const all = [...hanging, 'good.test'].map((host) =>
      resolver.name(host, 4).then(({ result }) => settled.push(`${host} ${result}`)),
    );
    await Promise.all(all);
    expect(settled[0]).toBe('good.test found');
    expect(settled.slice(1).sort()).toEqual(hanging.map((host) => `${host} silent`));
  });

  it('waits for a server that is slow, and asks the next one where the first is dead', async () => {
    const slow = await serve(() => ({ afterMs: 1500, ips: ['192.0.2.8'] }));
    const dead = await serve(() => 'silence');
    const quick = await serve((_, family) => (family === 4 ? ['192.0.2.7'] : []));
    const patient = await resolverOf([slow.address]);
    expect(ipsOf(await patient.resolve('relay.test', 4))).toEqual(['192.0.2.8']);
    const resolver = await resolverOf([dead.address, quick.address]);
    expect(ipsOf(await resolver.resolve('relay.test', 4))).toEqual(['192.0.2.7']);
    const failing = await serve(() => 'servfail');
    const other = await resolverOf([failing.address, quick.address]);
    expect(ipsOf(await other.resolve('relay.test', 4))).toEqual(['192.0.2.7']);
  });

  it('does not call a server silent that had no time', async () => {
    const server = await serve(() => ({ afterMs: 200, ips: ['192.0.2.8'] }));
    const resolver = await resolverOf([server.address], '', 150);
    expect(ipsOf(await resolver.resolve('relay.test', 4))).toEqual(['192.0.2.8']);
  });

  it.each([
    [4, '0.0.0.0'],
    [4, '127.0.0.1'],
    [6, '::'],
    [6, '::1'],
  ] as const)('finds an IPv%s address that leads nowhere, and leads nobody there: %s', async (family, ip) => {
    const server = await serve((_, asked) => (asked === family ? [ip] : []));
    const resolver = await resolverOf([server.address]);
    expect(await resolver.name('relay.test', family)).toMatchObject({ result: 'found', ips: [ip] });
    await expect(resolver.resolve('relay.test', family)).rejects.toMatchObject({
      code: 'NAME_LEADS_NOWHERE',
    });
    await expect(resolver.addresses('relay.test').next()).rejects.toMatchObject({
      code: 'NAME_LEADS_NOWHERE',
    });
  });

  it('believes the hosts file first, and knows localhost and IP addresses without asking', async () => {
    const server = await serve(() => ['192.0.2.7']);
    const hosts =
      '127.0.0.1 dev.test # relay.test\n192.0.2.9\tRelay.test other.test\r\n0.0.0.0 blocked.test\n';
    const resolver = await resolverOf([server.address], hosts);
    expect(ipsOf(await resolver.resolve('relay.test.', 4))).toEqual(['192.0.2.9']);
    // Who writes a loopback address there means it.
    expect(ipsOf(await resolver.resolve('dev.test', 4))).toEqual(['127.0.0.1']);
    await expect(resolver.resolve('blocked.test', 4)).rejects.toMatchObject({ code: 'NAME_LEADS_NOWHERE' });
    expect(ipsOf(await resolver.resolve('localhost', 4))).toEqual(['127.0.0.1']);
    expect(ipsOf(await resolver.resolve('127.0.0.1', 4))).toEqual(['127.0.0.1']);
    expect(server.asked).toEqual(expect.not.arrayContaining(['relay.test 4', 'dev.test 4', 'localhost 4']));
  });

  it('knows where the hosts file is', () => {
    expect(hostsPath('linux', {})).toBe('/etc/hosts');
    expect(hostsPath('win32', { SystemRoot: 'D:\\Windows' })).toMatch(/^D:\\Windows.*etc.hosts$/);
  });
});
