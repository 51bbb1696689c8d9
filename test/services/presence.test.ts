import { describe, expect, it } from 'vitest';
import { Presence } from '../../lib/services/sessions/presence.js';
import { Twins } from '../../lib/services/sessions/twins.js';
import type { CloseReason, Connection, PathInfo } from '../../lib/transport/index.js';
import { REASON_DIAL_AGAIN, REASON_REPLACED } from '../../lib/wire/index.js';
import { FakeTime, settle } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';

const [v4, v6, other, relay] = ['192.0.2.1:1', '[2001:db8::1]:1', '192.0.2.1:2', 'https://r.test/'];
const HOLDER = { project: 'default', issuer: madeUpId('cd'.repeat(32)) };
/** Longer than the platform looks. */
const LONG_MS = 60_000;

/** A session whose paths, and which of them iroh has selected, the test changes. */
class FakeSession {
  readonly remoteId = madeUpId('ab'.repeat(32));
  closeReason: CloseReason | null = null;
  #paths: PathInfo[] = [];

  constructor(...addrs: string[]) {
    this.moveTo(...addrs);
  }

  /** The first is selected, unless the test says otherwise. */
  moveTo(...addrs: string[]): void {
    this.#paths = addrs.map((remoteAddr, index) => ({
      remoteAddr,
      isRelay: remoteAddr === relay,
      isSelected: index === 0,
      rttMs: 1,
    }));
  }

  /** Where iroh has selected a path of another session. */
  unselect(): void {
    for (const path of this.#paths) path.isSelected = false;
  }

  paths(): PathInfo[] {
    return this.#paths;
  }

  close(code: number, reason: string): void {
    this.closeReason ??= { by: 'local', code, reason };
  }
}

/** `older` is there when `newer` comes; then `later` happens, and time passes. @returns whether `older` is void */
async function isReplaced(older: FakeSession, newer: FakeSession, later?: () => void): Promise<boolean> {
  const reason = await endingOf(older, newer, later);
  if (reason !== null) expect(reason).toBe(REASON_REPLACED);
  return reason !== null;
}

/** @returns why `older` was closed; `null`: it lives */
async function endingOf(
  older: FakeSession,
  newer: FakeSession,
  later: () => void = () => {},
  isShared = false,
): Promise<string | null> {
  const time = new FakeTime();
  const presence = new Presence(4, time.sleep);
  const { signal } = new AbortController();
  const enter = (session: FakeSession) =>
    presence.enter(session as unknown as Connection, HOLDER, () => isShared, signal);
  void enter(older);
  const replaced = enter(newer);
  await settle();
  later();
  await time.advance(LONG_MS);
  const reason = older.closeReason?.reason ?? null;
  expect(await replaced).toEqual(reason === null ? null : expect.any(Array));
  expect(newer.closeReason).toBeNull();
  return reason;
}

describe('a second session of one process does not push off the first', () => {
  it('when the platform learns its path late', async () => {
    const [older, newer] = [new FakeSession(v4), new FakeSession()];
    expect(await isReplaced(older, newer, () => newer.moveTo(v4))).toBe(false);
  });

  it('when the platform never learns its path', async () => {
    expect(await isReplaced(new FakeSession(v4), new FakeSession())).toBe(false);
  });

  it('when the platform learns the path of the first late', async () => {
    const [older, newer] = [new FakeSession(), new FakeSession(v4)];
    expect(await isReplaced(older, newer, () => older.moveTo(v4))).toBe(false);
  });

  it('when the first has moved to IPv6 meanwhile, and the second follows', async () => {
    const [older, newer] = [new FakeSession(v6), new FakeSession(v4)];
    expect(await isReplaced(older, newer, () => newer.moveTo(v6, v4))).toBe(false);
  });

  it('when the second begins over IPv4, and iroh has selected IPv6 already', async () => {
    expect(await isReplaced(new FakeSession(v6, v4), new FakeSession(v4))).toBe(false);
  });

  it('when the second begins over the relay, and the first is direct already', async () => {
    const [older, newer] = [new FakeSession(v4, relay), new FakeSession(relay)];
    expect(await isReplaced(older, newer, () => newer.moveTo(v4, relay))).toBe(false);
  });

  it('when both have only the relay, which tells nothing', async () => {
    expect(await isReplaced(new FakeSession(relay), new FakeSession(relay))).toBe(false);
  });
});

describe('sessions of which one has only IPv4 and the other only IPv6', () => {
  it('may be of one process, whose older one is asked to dial again', async () => {
    expect(await endingOf(new FakeSession(v4), new FakeSession(v6))).toBe(REASON_DIAL_AGAIN);
    expect(await endingOf(new FakeSession(v6, relay), new FakeSession(v4))).toBe(REASON_DIAL_AGAIN);
  });

  it('are of two where two processes are known to have this identity', async () => {
    const ending = endingOf(new FakeSession(v4), new FakeSession(v6), () => {}, true);
    expect(await ending).toBe(REASON_REPLACED);
  });

  it('are known to be of two by coming back in turns', async () => {
    const time = new FakeTime();
    const presence = new Presence(4, time.sleep);
    const twins = new Twins(time);
    const { signal } = new AbortController();
    const sessions = [v4, v6, v4, v6, v4].map((path) => new FakeSession(path));
    for (const session of sessions) {
      const connection = session as unknown as Connection;
      const isShared = () => twins.sharedAt(session.remoteId) !== null;
      void presence
        .enter(connection, HOLDER, isShared, signal)
        .then((replaced) => twins.note(connection, replaced));
      await time.advance(2_000);
    }
    const endings = sessions.map(({ closeReason }) => closeReason?.reason);
    const [again, replaced] = [REASON_DIAL_AGAIN, REASON_REPLACED];
    expect(endings).toEqual([again, again, again, replaced, undefined]);
  });
});

describe('a session of another process', () => {
  it.each([
    ['from another port', [v4], [other]],
    ['at another address', [v4], ['198.51.100.1:1']],
    ['over the relay alone', [v4, relay], [relay]],
    ['over the relay first, and then directly', [v4, relay], [relay], [other, relay]],
  ])('makes the older one void: %s', async (_, before, first, then = first) => {
    const [older, newer] = [new FakeSession(...before), new FakeSession(...first)];
    expect(await isReplaced(older, newer, () => newer.moveTo(...then))).toBe(true);
  });

  it('makes the older one void when iroh has selected a path of the newer', async () => {
    const [older, newer] = [new FakeSession(relay, v4), new FakeSession(relay)];
    const selected = () => {
      newer.moveTo(other, relay);
      older.unselect();
    };
    expect(await isReplaced(older, newer, selected)).toBe(true);
  });

  it('does so within two seconds, and tells over which paths they came', async () => {
    const time = new FakeTime();
    const presence = new Presence(4, time.sleep);
    const { signal } = new AbortController();
    const [older, newer] = [new FakeSession(v4, relay), new FakeSession(other)];
    void presence.enter(older as unknown as Connection, HOLDER, () => false, signal);
    const replaced = presence.enter(newer as unknown as Connection, HOLDER, () => false, signal);
    await time.advance(2_000);
    expect(older.closeReason).toMatchObject({ code: 0, reason: REASON_REPLACED });
    expect(await replaced).toEqual([v4]);
    expect(presence.connection(newer.remoteId)).toBe(newer);
  });

  it('does not when it has ended itself before that', async () => {
    const time = new FakeTime();
    const presence = new Presence(4, time.sleep);
    const ended = new AbortController();
    const [older, newer] = [new FakeSession(v4), new FakeSession(other)];
    void presence.enter(older as unknown as Connection, HOLDER, () => false, new AbortController().signal);
    const replaced = presence.enter(newer as unknown as Connection, HOLDER, () => false, ended.signal);
    await settle();
    presence.leave(newer as unknown as Connection);
    ended.abort();
    await time.advance(LONG_MS);
    expect(await replaced).toBeNull();
    expect(older.closeReason).toBeNull();
  });
});

it('a session that has ended is not looked at any more: those that come again and again would each cost forty looks', async () => {
  const time = new FakeTime();
  const presence = new Presence(4, time.sleep);
  const { signal } = new AbortController();
  const enter = (session: FakeSession) =>
    presence.enter(session as unknown as Connection, HOLDER, () => false, signal);
  const older = new FakeSession(v4);
  void enter(older);
  const entered = enter(new FakeSession(other));
  await settle();
  presence.leave(older as unknown as Connection);
  await time.advance(LONG_MS);
  expect(await entered).toBeNull();
  expect(time.slept).toHaveLength(1);
});

it('a session that was closed for a newer one of another project is the last of its own', () => {
  const [presence, { signal }] = [new Presence(1), new AbortController()];
  const [older, newer] = [new FakeSession(v4), new FakeSession(v4)].map(
    (session) => session as unknown as Connection,
  ) as [Connection, Connection];
  void presence.enter(older, HOLDER, () => false, signal);
  void presence.enter(newer, { ...HOLDER, project: 'another' }, () => false, signal);
  expect(older.closeReason).not.toBeNull();
  expect(presence.leave(older)).toBe(true);
  expect(presence.leave(older)).toBe(false);
  expect(presence.isOnline(older.remoteId, 'another')).toBe(true);
  expect(presence.leave(newer)).toBe(true);
});

describe('what a witness asks of the sessions', () => {
  it('is how old each is, with which secret it was opened, and which there are', async () => {
    let now = 1_000;
    const presence = new Presence(4, new FakeTime().sleep, () => now);
    const { signal } = new AbortController();
    const [one, two] = [new FakeSession(v4), new FakeSession(v4)] as unknown as [Connection, Connection];
    const enter = (session: Connection) => presence.enter(session, HOLDER, () => false, signal);
    expect([presence.ageMs(one), presence.issuerOf(one), [...presence.all()]]).toEqual([null, null, []]);
    void enter(one);
    now += 500;
    void enter(two);
    // Again, with another token.
    void enter(one);
    now += 10;
    expect([presence.ageMs(one), presence.ageMs(two)]).toEqual([510, 10]);
    expect([...presence.all()]).toEqual([one, two]);
    expect(presence.issuerOf(one)).toBe(HOLDER.issuer);
    presence.leave(one);
    expect([presence.ageMs(one), presence.issuerOf(one), [...presence.all()]]).toEqual([null, null, [two]]);
  });
});
