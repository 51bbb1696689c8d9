import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WaitOptions } from '../../lib/async/index.js';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { CONNECT_TIMEOUT_MS } from '../../lib/services/constants.js';
import { reach } from '../../lib/services/dial-back/reach.js';
import { DEFAULT_PROJECT, type EndpointRef } from '../../lib/services/records.js';
import { Presence } from '../../lib/services/sessions/index.js';
import type { CloseReason, Connection, Endpoint, PathInfo } from '../../lib/transport/index.js';
import { type EndpointAddress, parseSocketAddr } from '../../lib/wire/index.js';
import { madeUpId } from '../support/ids.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const APP = madeUpId('a'.repeat(64));
const REF: EndpointRef = { project: DEFAULT_PROJECT, id: APP };
const HERE = '203.0.113.5:4711';
const RELAY = 'https://relay.test/';

/** A session on these paths, the first of which is selected. Whoever looks at its traffic makes it receive one more, if it lives. */
class FakeSession {
  readonly remoteId = APP;
  closeReason: CloseReason | null = null;
  saidAtClose: string | null = null;
  readonly #addrs: readonly string[];
  readonly #isLive: boolean;
  #received = 7;

  constructor(isLive: boolean, ...addrs: string[]) {
    this.#isLive = isLive;
    this.#addrs = addrs;
  }

  paths(): PathInfo[] {
    return this.#addrs.map((remoteAddr, index) => ({
      ...{ remoteAddr, isRelay: remoteAddr === RELAY, isSelected: index === 0, rttMs: 1 },
    }));
  }

  traffic() {
    if (this.#isLive) this.#received += 1;
    return { datagrams: this.#received, bytes: 0 };
  }

  close(code: number, reason: string): void {
    this.saidAtClose = reason;
    this.closeReason = { by: 'local', code, reason };
  }
}

/** Dials the app, and lets the time go by; `answers`: whether a dial at these addresses brings a connection. */
function dial(session: FakeSession, answers: (address: EndpointAddress) => boolean) {
  const dialled: EndpointAddress[] = [];
  const presence = new Presence(8);
  const secret = { project: DEFAULT_PROJECT, issuer: APP };
  const { signal } = new AbortController();
  void presence.enter(session as unknown as Connection, secret, () => false, signal);
  const connection = { remoteId: APP } as Connection;
  const endpoint = {
    remoteAddress: async () => null,
    connect: async (address: EndpointAddress, _alpn: string, { timeoutMs = 0 }: WaitOptions) => {
      dialled.push(address);
      if (answers(address)) return connection;
      await new Promise((resolve) => setTimeout(resolve, timeoutMs));
      throw new NetDiagnosticsError('ERR_TIMEOUT', 'nothing came');
    },
  };
  const context = {
    ...{ endpoint: endpoint as unknown as Endpoint, presence },
    store: { endpoint: async () => null },
  };
  const coming = reach(context, REF, signal);
  coming.catch(() => {});
  return { dialled, connection, coming, passed: vi.advanceTimersByTimeAsync(CONNECT_TIMEOUT_MS) };
}

const isByRelayAlone = ({ directAddrs }: EndpointAddress) => directAddrs.length === 0;
const BOTH = { id: APP, relayUrls: [RELAY], directAddrs: [parseSocketAddr(HERE)] };
const RELAYS_ALONE = { ...BOTH, directAddrs: [] };

describe('reaching an app for a dial-back', () => {
  it('goes by relays alone where its session lives on a direct path and no new handshake passes there', async () => {
    const session = new FakeSession(true, HERE, RELAY);
    const { dialled, connection, coming, passed } = dial(session, isByRelayAlone);
    await passed;
    expect(await coming).toBe(connection);
    expect(dialled).toEqual([BOTH, RELAYS_ALONE]);
    // iroh forgets a path with the last connection on it.
    expect(session.saidAtClose).toBe('Dial again');
  });

  it('says that the session lives where that brings nothing either', async () => {
    const { coming, passed } = dial(new FakeSession(true, HERE, RELAY), () => false);
    await passed;
    await expect(coming).rejects.toMatchObject({
      name: 'DialBackError',
      kind: 'unreachable',
      message: expect.stringMatching(/session lives, and no new connection.*drops the handshakes of QUIC/),
    });
  });

  it('says the same where no relay is known, and leaves the session alone', async () => {
    const session = new FakeSession(true, HERE);
    const { dialled, coming, passed } = dial(session, () => false);
    await passed;
    await expect(coming).rejects.toMatchObject({ message: expect.stringContaining('session lives') });
    expect(dialled.some(isByRelayAlone)).toBe(false);
    expect(session.saidAtClose).toBeNull();
  });

  it('leaves a session alone that goes through a relay', async () => {
    const session = new FakeSession(true, RELAY, HERE);
    const { coming, passed } = dial(session, () => false);
    await passed;
    await expect(coming).rejects.toMatchObject({ kind: 'unreachable' });
    expect(session.saidAtClose).toBeNull();
  });

  it('closes a session that is silent all the time, and says no more than that nothing came', async () => {
    const session = new FakeSession(false, HERE, RELAY);
    const { dialled, coming, passed } = dial(session, () => false);
    await passed;
    await expect(coming).rejects.toMatchObject({ code: 'ERR_TIMEOUT', message: 'nothing came' });
    expect(dialled).toEqual([BOTH, BOTH]);
    expect(session.saidAtClose).toBe('No sign of life');
  });
});
