import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  RATE_WINDOW_MS,
  SECRET_BURSTS_PER_WINDOW,
  SECRET_TURN_SIZE,
  SESSION_PATIENCE_MS,
  SESSION_TURNS,
  SESSIONS_AT_ONCE,
  SESSIONS_PER_MINUTE,
} from '../../lib/services/constants.js';
import { isReportId, newReportId } from '../../lib/services/records.js';
import { mergeAddress } from '../../lib/services/sessions/address-snapshot.js';
import { Rates } from '../../lib/services/sessions/rates.js';
import { SharedPlaces } from '../../lib/services/sessions/shared-places.js';
import {
  addressOf,
  allowedNames,
  isKnownHost,
  isSameOrigin,
  isTls,
  strictTransport,
} from '../../platform/server/doors/origin.js';
import { escapeHtml, fill } from '../../platform/server/html.js';
import { madeUpId } from '../support/ids.js';

describe('SharedPlaces', () => {
  function holders(total: number, mayDisplaceOwn: boolean) {
    const places = new SharedPlaces(total, { mayDisplaceOwn });
    const gone: string[] = [];
    const entered = new Map<string, () => void>();
    const enter = (name: string) => {
      const place = () => void gone.push(name);
      entered.set(name, place);
      return places.enter(name[0] ?? '', place);
    };
    return { places, gone, enter, placeOf: (name: string) => entered.get(name) as () => void };
  }

  it('make the biggest holder give way, by the place that was used the longest ago', () => {
    const { places, gone, enter, placeOf } = holders(4, false);
    for (const name of ['a1', 'a2', 'a3', 'b1']) expect(enter(name)).toBe(true);
    places.used('a', placeOf('a1'));
    expect([enter('c1'), gone]).toEqual([true, ['a2']]);
    // a: 2, b: 1, c: 1: what came back would only displace another.
    expect([enter('b2'), enter('a4'), gone]).toEqual([false, false, ['a2']]);
    expect([enter('d1'), gone]).toEqual([true, ['a2', 'a3']]);
    places.leave('a', placeOf('a1'));
    places.leave('a', placeOf('a1'));
    expect([enter('b3'), enter('b4')]).toEqual([true, false]);
  });

  it('let the biggest holder itself go on at the cost of its oldest, where that is wanted', () => {
    const { gone, enter } = holders(2, true);
    expect([enter('a1'), enter('a2'), enter('a3'), gone]).toEqual([true, true, true, ['a1']]);
    expect([enter('b1'), enter('b2'), gone]).toEqual([true, true, ['a1', 'a2', 'b1']]);
  });
});

describe('SharedPlaces of a fleet', () => {
  it('find who gives way at once, among five thousand holders', () => {
    const count = 5_000;
    const places = new SharedPlaces(2 * count, { mayDisplaceOwn: false });
    const gone: string[] = [];
    for (let index = 0; index < count; index += 1)
      for (const place of [1, 2]) places.enter(`holder ${index}`, () => void gone.push(`${index}.${place}`));
    const startedAt = performance.now();
    for (let index = 0; index < count; index += 1) places.enter(`newcomer ${index}`, () => {});
    // Looking at all holders for each newcomer takes seconds.
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(gone).toHaveLength(count);
    expect(new Set(gone.map((name) => name.split('.')[0])).size).toBe(count);
    expect(gone.every((name) => name.endsWith('.1'))).toBe(true);
  });

  it('give one holder no more than its share, however many are free', () => {
    const gone: number[] = [];
    const fixed = new SharedPlaces(10, { mayDisplaceOwn: false, share: 2 });
    expect([1, 2, 3].map((index) => fixed.enter('a', () => void gone.push(index)))).toEqual([
      true,
      true,
      false,
    ]);
    expect([fixed.enter('b', () => {}), gone]).toEqual([true, []]);
    const turning = new SharedPlaces(10, { mayDisplaceOwn: true, share: 2 });
    expect([1, 2, 3].map((index) => turning.enter('a', () => void gone.push(index)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(gone).toEqual([1]);
  });
});

describe('Rates', () => {
  const clock = { at: 0, now: () => clock.at };
  const limits = { requestsPerEndpoint: 100, requestsPerSecret: 2_000 };

  it('count the endpoints of one API secret together, evenly, and those of another apart', () => {
    const rates = new Rates(clock, limits);
    const atOnce = limits.requestsPerSecret / SECRET_BURSTS_PER_WINDOW;
    const waits = Array.from({ length: atOnce + 2 }, (_, index) => rates.turn(`endpoint ${index}`, 'a'));
    const each = RATE_WINDOW_MS / limits.requestsPerSecret;
    expect(waits.slice(-3)).toEqual([0, each, 2 * each]);
    expect(rates.turn('another', 'b')).toBe(0);
  });

  it('make a large request and a new session wait like many small ones, and keep nobody else waiting', () => {
    const rates = new Rates(clock, limits);
    const each = RATE_WINDOW_MS / limits.requestsPerSecret;
    const atOnce = limits.requestsPerSecret / SECRET_BURSTS_PER_WINDOW;
    expect(rates.turn('small', 'a', SECRET_TURN_SIZE - 1)).toBe(0);
    expect(rates.turn('large', 'a', (atOnce + 8) * SECRET_TURN_SIZE)).toBe(10 * each);
    expect(rates.session('new', 'a')).toBe((10 + SESSION_TURNS) * each);
    expect(rates.turn('another', 'b')).toBe(0);
  });

  it('let a whole fleet come for the first time as fast as its requests allow, twice over, and then more slowly', () => {
    const many = { requestsPerEndpoint: 100, requestsPerSecret: 10_000 };
    const rates = new Rates(clock, many);
    const waits = Array.from({ length: 10_000 }, (_, index) => rates.session(`app ${index}`, 'a'));
    expect(waits).not.toContain(null);
    // Two hundred a second.
    expect(waits.at(-1)).toBeLessThanOrEqual(50_000);
    const startedAt = clock.at;
    const later = (ms: number) => {
      clock.at = startedAt + ms;
    };
    let taken = 0;
    for (let second = 0; second < 100; second += 1) {
      later(second * 1_000);
      for (let index = 0; index < 200; index += 1)
        if (rates.session(`new ${second} ${index}`, 'a') !== null) taken += 1;
    }
    // Fifty a second, and those that may wait for five seconds.
    expect(taken).toBeGreaterThan(4_900);
    expect(taken).toBeLessThan(5_300);
    expect(rates.session('new', 'b')).toBe(0);
  });

  it('refuse the sessions of an endpoint that opens them again and again, until some time has passed', () => {
    const rates = new Rates(clock, limits);
    const open = () => rates.session('one', 'a');
    const waits = Array.from({ length: 100 }, open);
    expect(waits.filter((wait) => wait !== null)).toHaveLength(SESSIONS_AT_ONCE + 2);
    expect(Math.max(...waits.map(Number))).toBeLessThanOrEqual(SESSION_PATIENCE_MS);
    expect(rates.session('another', 'a')).not.toBeNull();
    // Refusals are not counted.
    clock.at += 60_000 / SESSIONS_PER_MINUTE;
    expect(open()).not.toBeNull();
  });

  it('are those of the endpoint, however often it comes, until it could begin anew anyway', () => {
    const rates = new Rates(clock, limits);
    for (let count = 0; count < limits.requestsPerEndpoint; count += 1) rates.turn('one', `${count}`);
    while (rates.mayLabel('one'));
    // Many others come, which makes it forget those that are idle.
    for (let count = 0; count < 3_000; count += 1) {
      rates.turn(`other ${count}`, `secret ${count}`);
      rates.mayLabel(`other ${count}`);
    }
    expect(rates.turn('one', 'a')).toBe(RATE_WINDOW_MS / limits.requestsPerEndpoint);
    expect(rates.mayLabel('one')).toBe(false);
  });

  it('remember only those that were busy lately, and take no longer for it, however many come', () => {
    const rates = new Rates(clock, limits);
    const startedAt = performance.now();
    for (let count = 0; count < 50_000; count += 1) {
      clock.at += 1;
      rates.turn(`storm ${count}`, 'a');
    }
    // A bucket that gave one of its hundred turns is full again after a tenth of a second.
    expect(rates.size).toBeLessThan(1_000);
    // Looking at all of them for each newcomer takes many seconds.
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('the address snapshot', () => {
  const direct = { family: 4 as const, ip: '192.0.2.1', port: 1 };
  const path = (remoteAddr: string, isRelay: boolean) => ({
    remoteAddr,
    isRelay,
    isSelected: true,
    rttMs: 1,
  });

  const X = madeUpId('x');

  it('puts the paths in use first, and each address once', () => {
    const known = { id: X, relayUrls: ['https://a.test/', 'https://b.test/'], directAddrs: [direct] };
    const paths = [path('https://b.test/', true), path('[::1]:2', false), path('192.0.2.1:1', false)];
    expect(mergeAddress(X, known, paths)).toEqual({
      id: X,
      relayUrls: ['https://b.test/', 'https://a.test/'],
      directAddrs: [{ family: 6, ip: '::1', port: 2 }, direct],
    });
  });

  it('is nothing when nothing is known, and bounded when a peer claims very much', () => {
    expect(mergeAddress(X, null, [])).toBeNull();
    const claims = Array.from({ length: 500 }, (_, index) => path(`192.0.2.1:${index}`, false));
    expect(mergeAddress(X, null, claims)?.directAddrs).toHaveLength(32);
  });
});

describe('access', () => {
  it('knows the names of this machine, and those it is told', () => {
    expect(isKnownHost('Dash.Test:443', ['dash.test'])).toBe(true);
    expect(isKnownHost(undefined, [])).toBe(false);
    expect(isKnownHost('[::1', [])).toBe(false);
  });

  it('is none that a page of another site has made lead here, where nobody has to sign in', () => {
    const open = { hosts: ['0.0.0.0'], allowedHosts: [], publicUrl: null, hasLogin: false };
    const allowed = allowedNames(open) ?? [];
    for (const host of ['192.0.2.7:8080', '[2001:db8::7]', 'localhost:1'])
      expect([host, isKnownHost(host, allowed)]).toEqual([host, true]);
    for (const host of ['evil.test', '192.0.2.7.evil.test', 'evil.test:8080', undefined])
      expect([host, isKnownHost(host, allowed)]).toEqual([host, false]);
    expect(isKnownHost('fleet.test', allowedNames({ ...open, allowedHosts: ['fleet.test'] }) ?? [])).toBe(
      true,
    );
    // With a login the other name's page has no cookie.
    expect(allowedNames({ ...open, hasLogin: true })).toBeNull();
  });

  it('takes a change from the own origin alone, behind a TLS proxy too', () => {
    const host = 'dash.test';
    const isOwn = (headers: IncomingHttpHeaders, publicUrl: string | null = null, protocol = 'http') =>
      isSameOrigin({ headers: { host, ...headers }, host, protocol } as FastifyRequest, publicUrl);
    expect(isOwn({ origin: 'https://dash.test' })).toBe(true);
    expect(isOwn({ 'sec-fetch-site': 'same-origin' })).toBe(true);
    expect(isOwn({ origin: 'https://dash.test', 'sec-fetch-site': 'cross-site' })).toBe(false);
    expect(isOwn({})).toBe(false);
    expect(isOwn({ origin: 'https://fleet.test:8443' })).toBe(false);
    expect(isOwn({ origin: 'https://fleet.test:8443' }, 'https://fleet.test:8443/')).toBe(true);
    expect(isOwn({ origin: 'https://fleet.test' }, 'https://fleet.test:8443/')).toBe(false);
    // Over plain HTTP anybody in between can make a page of our name.
    expect(isOwn({ origin: 'http://dash.test' })).toBe(true);
    expect(isOwn({ origin: 'http://dash.test' }, null, 'https')).toBe(false);
    expect(isOwn({ origin: 'https://dash.test' }, null, 'https')).toBe(true);
    expect(isOwn({ origin: 'http://dash.test' }, 'https://dash.test/')).toBe(false);
    expect(isOwn({ origin: 'http://fleet.test' }, 'https://fleet.test/')).toBe(false);
    expect(isOwn({ origin: 'http://dash.test' }, 'https://fleet.test/')).toBe(true);
  });

  it('gives a cookie to TLS alone where the browser speaks it', () => {
    const ask = (headers: IncomingHttpHeaders, protocol: 'http' | 'https', publicUrl: string | null) =>
      isTls({ headers, host: 'dash.test', protocol }, publicUrl);
    expect(ask({}, 'https', null)).toBe(true);
    expect(ask({}, 'http', null)).toBe(false);
    expect(ask({ origin: 'https://dash.test' }, 'http', null)).toBe(true);
    expect(ask({ origin: 'https://other.test' }, 'http', null)).toBe(false);
    expect(ask({}, 'http', 'https://dash.test/fleet/')).toBe(true);
    // By ssh -L, or inside the network: plain HTTP, and a cookie for TLS would not come back.
    expect(ask({}, 'http', 'https://fleet.test/')).toBe(false);
    expect(ask({}, 'http', 'http://dash.test/')).toBe(false);
  });

  it('has browsers come over TLS alone where TLS is ours, or by the public name; never on this machine', () => {
    const told = (host: string, hasTls: boolean, publicUrl: string | null = null) =>
      strictTransport({ host }, { hasTls, publicUrl });
    const year = 'max-age=31536000';
    expect(told('fleet.test', true)).toBe(year);
    expect(told('fleet.test:8443', true)).toBe(year);
    // What a proxy does with a name is its own matter, unless we are told that it is TLS.
    expect(told('fleet.test', false)).toBeNull();
    expect(told('fleet.test', false, 'http://fleet.test/')).toBeNull();
    expect(told('fleet.test', false, 'https://fleet.test/')).toBe(year);
    expect(told('Fleet.test:443', false, 'https://fleet.test:8443/here/')).toBe(year);
    expect(told('inside.test', false, 'https://fleet.test/')).toBeNull();
    // It would hold for everything that listens there, over plain HTTP too.
    for (const host of [
      'localhost',
      'localhost:8443',
      'app.localhost',
      '127.0.0.1',
      '[::1]:1',
      '192.0.2.7',
      '',
    ])
      expect([host, told(host, true, `https://${host || 'x'}/`)]).toEqual([host, null]);
  });

  it('takes an address for one, whatever a client says that it is', () => {
    const socket = { remoteAddress: '10.0.0.1' } as Socket;
    for (const [ip, address] of [
      ['192.0.2.7', '192.0.2.7'],
      ['192.0.2.7:4711', '192.0.2.7'],
      ['[2001:db8::7]:4711', '2001:db8::7'],
      ['2001:db8::7', '2001:db8::7'],
      ['2001:0DB8:0::7', '2001:db8::7'],
      ['::ffff:c000:207', '192.0.2.7'],
      ['unknown', '10.0.0.1'],
      ['<b>192.0.2.7</b>', '10.0.0.1'],
      ['', '10.0.0.1'],
    ])
      expect(addressOf({ ip: ip ?? '', socket })).toBe(address);
  });
});

describe('small parts', () => {
  it('make report ids that sort by time', () => {
    const ids = [1, 255, 1_800_000_000_000].map(newReportId);
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.every(isReportId)).toBe(true);
    expect(isReportId("' OR 1=1")).toBe(false);
  });

  it('escape text for markup', () => {
    expect(escapeHtml(`<a href="x">'&`)).toBe('&#60;a href=&#34;x&#34;&#62;&#39;&#38;');
  });

  it('fill texts into a page as texts, and once', () => {
    const template = '<a href="{{root}}/">{{message}}</a>';
    expect(fill(template, { root: '..', message: '<b>{{root}}' })).toBe(
      '<a href="../">&#60;b&#62;{{root}}</a>',
    );
    expect(() => fill(template, { root: '.' })).toThrow('message');
    expect(() => fill('{{toString}}', {})).toThrow('toString');
  });
});
