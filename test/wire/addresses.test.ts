import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../lib/options/index.js';
import {
  canonicalIp,
  formatEndpointAddress,
  ipFromBytes,
  isInNetwork,
  isLoopbackAddress,
  isPublicAddress,
  leadsNowhere,
  networkOf,
  parseSocketAddr,
  socketAddr,
  unmapped,
  unmappedIp,
  withBrackets,
  withoutBrackets,
} from '../../lib/wire/index.js';
import { fromHex, keyOf } from './support.js';

describe('an IP address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::01', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::FFFF:c000:201', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ...['', '192.0.2', '192.0.2.1%1', '192.0.2.01', '[::1]', ':::', 'host', '1::2::3'].map(
      (text): [string, null] => [text, null],
    ),
  ])('%j is written %j', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it('comes from 4 or 16 bytes', () => {
    expect(ipFromBytes(fromHex('c0000201'))).toBe('192.0.2.1');
    expect(ipFromBytes(fromHex('00000000000000000000ffffc0000201'))).toBe('::ffff:192.0.2.1');
    for (const size of [0, 3, 5, 15, 17]) {
      expect(() => ipFromBytes(new Uint8Array(size))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_DECODE' }),
      );
    }
  });

  it.each([
    ['2001:db8:0:1::5', '2001:db8:0:1::'],
    ['2001:0DB8:0000:0001:ffff::1', '2001:db8:0:1::'],
    ['2001:db8::1:0:0:0:1', '2001:db8:0:1::'],
    ['fe80::1%eth0', 'fe80::'],
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['somewhere', 'somewhere'],
  ])('%s is of the network %s', (ip, network) => expect(networkOf(ip)).toBe(network));

  it('in IPv6 clothes is the IPv4 address that it is', () => {
    expect(unmappedIp('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(unmappedIp('::FFFF:192.0.2.1')).toBe('192.0.2.1');
    expect(unmappedIp('::1')).toBe('::1');
    expect(unmapped(socketAddr('::ffff:192.0.2.1', 5))).toEqual({ family: 4, ip: '192.0.2.1', port: 5 });
    expect(unmapped(socketAddr('fe80::1%eth0', 5))).toEqual({ family: 6, ip: 'fe80::1', port: 5 });
    expect(() => socketAddr('host', 5)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
    expect(() => socketAddr('::1', 65_536)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
  });

  it('stands in brackets where a port may follow', () => {
    expect(['::1', '[::1]', '127.0.0.1', 'host.example'].map(withBrackets)).toEqual([
      '[::1]',
      '[::1]',
      '127.0.0.1',
      'host.example',
    ]);
    expect(['[::1]', '::1', 'host.example'].map(withoutBrackets)).toEqual(['::1', '::1', 'host.example']);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['127.1', false],
    ['::', false],
    ['', false],
  ])('%j is of this machine: %j', (ip, isOurs) => {
    expect(isLoopbackAddress(ip)).toBe(isOurs);
  });

  it('is public or leads nowhere, whatever its clothes', () => {
    expect(['1.1.1.1', '::ffff:1.1.1.1', '2606:4700::1'].map(isPublicAddress)).toEqual([true, true, true]);
    expect(['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1'].map(isPublicAddress)).toEqual([false, false, false]);
    expect(['0.0.0.0', '::ffff:127.0.0.1', '::', '1.1.1.1'].map(leadsNowhere)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it.each([
    ['10.1.2.3', '10.0.0.0', 8, true],
    ['11.1.2.3', '10.0.0.0', 8, false],
    ['11.1.2.3', '0.0.0.0', 0, true],
    ['2001:db8::1', '2001:db8::', 32, true],
    ['2001:db9::1', '2001:db8::', 32, false],
    ['::1', '0.0.0.0', 0, false],
    ['10.0.0.1', '10.0.0.0', 33, false],
    ['10.0.0.1', 'host', 8, false],
    ['host', '10.0.0.0', 8, false],
  ])('%s lies in %s/%i: %j', (ip, network, bits, lies) => {
    expect(isInNetwork(ip, network, bits)).toBe(lies);
  });
});

describe('the address of an endpoint', () => {
  const { id } = keyOf(3);
  it.each<[string, string[], string[]]>([
    ['', [], []],
    ['@https://relay.example/', ['https://relay.example/'], []],
    ['@https://a.example/,http://[::1]:3340/', ['https://a.example/', 'http://[::1]:3340/'], []],
    [
      '@https://a.example/,192.0.2.1:7,[2001:db8::1]:8',
      ['https://a.example/'],
      ['192.0.2.1:7', '[2001:db8::1]:8'],
    ],
    ['@https://a.example/%40x%2Cy?b=%2C', ['https://a.example/@x,y?b=,'], []],
  ])('is written as the settings take it: ID%s', (ways, relayUrls, addrs) => {
    const directAddrs = addrs.map(parseSocketAddr);
    const text = formatEndpointAddress({ id, relayUrls, directAddrs });
    expect(text).toBe(`${id}${ways}`);
    const { platform } = resolveSettings({ platform: text }, {});
    const inText = relayUrls.map((url) => url.replaceAll('@', '%40').replaceAll(',', '%2C'));
    expect(platform).toEqual({ id, relayUrls: inText, directAddrs });
  });
});
