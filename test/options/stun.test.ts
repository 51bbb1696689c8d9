import { describe, expect, it } from 'vitest';
import { diagnose } from '../../lib/diagnose/index.js';
import { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import { resolveSettings } from '../../lib/options/index.js';

const many = Array.from({ length: 9 }, (_, i) => `s${i}.example`);

describe('the stun setting', () => {
  it('is empty unless given: no STUN server is asked by default', () => {
    expect(resolveSettings().stun).toEqual([]);
    expect(resolveSettings({ stun: null }, { NET_DIAGNOSTICS_STUN: 'a.example' }).stun).toEqual([]);
  });

  it('takes names and addresses, with their port', () => {
    const stun = ['stun.example', 'stun:Other.example:19302', '[2001:db8::1]:99', '203.0.113.10'];
    const servers = [
      { host: 'stun.example', port: 3478 },
      { host: 'other.example', port: 19_302 },
      { host: '2001:db8::1', port: 99 },
      { host: '203.0.113.10', port: 3478 },
    ];
    expect(resolveSettings({ stun }).stun).toEqual(servers);
    expect(resolveSettings({}, { NET_DIAGNOSTICS_STUN: stun.join(', ') }).stun).toEqual(servers);
    // What was read is taken again.
    expect(resolveSettings({ stun: servers }).stun).toEqual(servers);
    expect(resolveSettings({ stun: [{ host: 'stun.example' }] }).stun).toEqual(servers.slice(0, 1));
  });

  it.each<[string, readonly string[], RegExp]>([
    ['no host', ['http://x/'], /entry 1 of 1: neither host/],
    ['a STUN server over TLS', ['ok.example', 'stuns:x.example'], /entry 2 of 2: only plain STUN over UDP/],
    ['a TURN server', ['turn:x.example'], /only plain STUN/],
    ['one server twice', ['x.example', 'stun:X.example:3478'], /x\.example:3478 is listed twice/],
    ['nine', many, /9 servers/],
  ])('refuses %s, and says which and why', (_, stun, message) => {
    expect(() => resolveSettings({ stun })).toThrow(message);
    expect(() => resolveSettings({}, { NET_DIAGNOSTICS_STUN: stun.join(',') })).toThrow(
      'NET_DIAGNOSTICS_STUN',
    );
  });
});

describe('a run with settings', () => {
  it('asks the servers of the stun setting', async () => {
    const app = NetDiagnostics.start(
      { stun: ['127.0.0.1:9'], probes: ['stun'], deadline: 100, logger: false },
      {},
    );
    const local = await app.run();
    await app.stop();
    expect(local.settings.stunServers).toEqual(['127.0.0.1:9']);
    expect(local.probes.map(({ ref }) => ref)).toContain('stun IPv4 mapping');
  });
});

describe('stun of diagnose()', () => {
  it('is held to the same form, by the same reader', async () => {
    await expect(diagnose({ stun: ['http://x/'] })).rejects.toThrow(
      'The setting `stun` of diagnose() was ["http://x/"] (entry 1 of 1: neither host',
    );
    await expect(diagnose({ stun: many })).rejects.toThrow('at most 8');
    await expect(diagnose({ stun: ['x.example', 'stun:x.example:3478'] })).rejects.toThrow('listed twice');
  });

  it('stands in the report', async () => {
    const report = await diagnose({
      stun: ['stun:X.example', { host: '::1', port: 9 }],
      probes: ['endpoint'],
    });
    expect(report.settings.stunServers).toEqual(['x.example:3478', '[::1]:9']);
    expect(report.probes).toEqual([]);
  });
});
