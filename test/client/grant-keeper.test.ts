import { describe, expect, it } from 'vitest';
import { GrantKeeper, type GrantState, type OnlineSession, RemoteError } from '../../lib/client/index.js';
import { authorise } from '../../lib/host/authorise.js';
import { MemoryRevocationStore, Revocation } from '../../lib/host/index.js';
import { type RemoteFailure, SecretKey, TOKEN_LIFETIME_SECONDS, type Token } from '../../lib/wire/index.js';
import { FakeTime, settle } from '../support/fake-time.js';

const app = SecretKey.fromBytes(new Uint8Array(32).fill(1));
const platform = SecretKey.fromBytes(new Uint8Array(32).fill(2));
const DAY_MS = 24 * 3600 * 1000;

/** A connection whose answers are the test's. */
class FakeConnection implements OnlineSession {
  readonly #ended = new AbortController();
  readonly signal = this.#ended.signal;
  readonly grants: Token[] = [];
  /** What comes back: done, a failure, an error of the connection, or nothing at all. */
  answer: () => RemoteFailure | 'done' | 'broken' | 'nothing' = () => 'done';

  readonly request: OnlineSession['request'] = (request, wait) =>
    new Promise((resolve, reject) => {
      if (request.type !== 'grant-cap') return reject(new Error(request.type));
      this.grants.push(request.token);
      const answer = this.answer();
      wait?.signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      if (answer === 'done') resolve();
      else if (answer === 'broken') reject(new Error('broken'));
      else if (answer !== 'nothing') reject(new RemoteError(answer));
    });

  end(): void {
    this.#ended.abort();
  }
}

async function setUp(enabled = true) {
  const time = new FakeTime();
  const states: GrantState[] = [];
  const revocation = await Revocation.load(new MemoryRevocationStore(), { clock: time });
  const keeper = new GrantKeeper({
    secretKey: app,
    platformId: platform.id,
    revocation,
    enabled,
    clock: time,
    sleep: time.sleep,
    random: () => 0.5,
    onState: (state) => states.push(state),
  });
  const names = () => states.map(({ state }) => state);
  const isAccepted = (token: Token | undefined) =>
    token !== undefined &&
    authorise(token, {
      endpointId: app.id,
      remoteId: platform.id,
      nowSeconds: time.now() / 1000,
      revokedUntil: revocation.revokedUntil,
    }).ok;
  return { time, states, names, revocation, keeper, isAccepted };
}

/** Runs the hook as the session does: its rejection ends with the connection. */
function goOnline(keeper: GrantKeeper, connection: FakeConnection): Promise<string> {
  return keeper.onOnline(connection).then(
    () => 'ended',
    (error: Error) => error.message,
  );
}

describe('GrantKeeper', () => {
  it('grants {net-diagnostics:get-any} to the platform, for 30 days, signed by the endpoint', async () => {
    const { time, keeper, names, isAccepted } = await setUp();
    expect(keeper.state).toEqual({ state: 'ungranted' });
    const connection = new FakeConnection();
    void goOnline(keeper, connection);
    await settle();
    const [token] = connection.grants;
    expect(token).toMatchObject({ issuer: app.id, audience: platform.id, origin: { kind: 'issuer' } });
    expect(token?.caps.toStrings()).toEqual(['net-diagnostics:get-any']);
    expect(token?.expiresAt).toBe(time.now() / 1000 + TOKEN_LIFETIME_SECONDS);
    expect(isAccepted(token)).toBe(true);
    expect(keeper.state).toEqual({ state: 'granted', until: token?.expiresAt });
    expect(names()).toEqual(['granting', 'granted']);
  });

  it('renews at half of its life, again and again', async () => {
    const { time, keeper } = await setUp();
    const connection = new FakeConnection();
    void goOnline(keeper, connection);
    await time.advance(15 * DAY_MS - 1);
    expect(connection.grants).toHaveLength(1);
    await time.advance(1);
    expect(connection.grants).toHaveLength(2);
    await time.advance(30 * DAY_MS);
    expect(connection.grants).toHaveLength(4);
  });

  it('notices a life that passed while the machine was suspended', async () => {
    const { time, keeper } = await setUp();
    void goOnline(keeper, new FakeConnection());
    await settle();
    // No single nap is long: the clock is looked at again after each.
    expect(Math.max(...time.slept)).toBeLessThanOrEqual(10 * 60_000);
  });

  it('grants anew on every connection', async () => {
    const { keeper, time } = await setUp();
    const first = new FakeConnection();
    const done = goOnline(keeper, first);
    await settle();
    first.end();
    await done;
    expect(keeper.state.state).toBe('granted');
    const second = new FakeConnection();
    void goOnline(keeper, second);
    await settle();
    expect([first.grants.length, second.grants.length]).toEqual([1, 1]);
    expect(time.sleepers).toBe(1);
  });

  it('is ungranted when the connection breaks before the answer', async () => {
    const { keeper, names } = await setUp();
    const connection = new FakeConnection();
    connection.answer = () => 'broken';
    expect(await goOnline(keeper, connection)).toBe('broken');
    expect(names()).toEqual(['granting', 'ungranted']);
  });

  it('is ungranted once the grant has run out', async () => {
    const { keeper, time } = await setUp();
    const connection = new FakeConnection();
    const done = goOnline(keeper, connection);
    await settle();
    connection.end();
    await done;
    await time.advance(30 * DAY_MS);
    expect(keeper.state.state).toBe('granted');
    await time.advance(1000);
    expect(keeper.state).toEqual({ state: 'ungranted' });
  });

  it.each<[string, RemoteFailure, number]>([
    ['soon, when the fault is its own', { kind: 'internal-server-error' }, 500],
    ['slowly, when a person must act', { kind: 'auth-error', message: 'not you' }, 15 * 60_000],
  ])('shows why the platform refused, and tries again: %s', async (_, failure, delay) => {
    const { keeper, time } = await setUp();
    const connection = new FakeConnection();
    connection.answer = () => (connection.grants.length === 1 ? failure : 'done');
    void goOnline(keeper, connection);
    await settle();
    expect(keeper.state).toEqual({ state: 'refused', why: new RemoteError(failure).message });
    await time.advance(delay - 1);
    expect(connection.grants).toHaveLength(1);
    await time.advance(1);
    expect(keeper.state.state).toBe('granted');
  });

  it('grants nothing while it is off, and at once when it is opened', async () => {
    const { keeper } = await setUp(false);
    const connection = new FakeConnection();
    expect(await goOnline(keeper, connection)).toBe('ended');
    expect(keeper.state).toEqual({ state: 'off' });
    keeper.open();
    keeper.open();
    await settle();
    expect(keeper.state.state).toBe('granted');
    expect(connection.grants).toHaveLength(1);
  });

  it('waits for the next connection when it is opened offline', async () => {
    const { keeper } = await setUp(false);
    const old = new FakeConnection();
    await goOnline(keeper, old);
    old.end();
    keeper.open();
    await settle();
    expect([keeper.state.state, old.grants.length]).toEqual(['ungranted', 0]);
    void goOnline(keeper, new FakeConnection());
    await settle();
    expect(keeper.state.state).toBe('granted');
  });
});

describe('revoking', () => {
  it('makes every earlier grant worthless at once, and those after it good', async () => {
    const { keeper, time, isAccepted } = await setUp();
    const connection = new FakeConnection();
    const done = goOnline(keeper, connection);
    await settle();
    const [old] = connection.grants;
    const revoked = keeper.revoke();
    expect(isAccepted(old)).toBe(false);
    await revoked;
    await done;
    expect(keeper.state).toEqual({ state: 'off' });
    expect(time.sleepers).toBe(0);
    keeper.open();
    await settle();
    expect(connection.grants).toHaveLength(2);
    expect(isAccepted(connection.grants[1])).toBe(true);
    expect(isAccepted(old)).toBe(false);
  });

  it('covers a grant that is on its way, and its late answer changes nothing', async () => {
    const { keeper, isAccepted, names } = await setUp();
    const connection = new FakeConnection();
    connection.answer = () => 'nothing';
    const done = goOnline(keeper, connection);
    await settle();
    await keeper.revoke();
    await done;
    expect(isAccepted(connection.grants[0])).toBe(false);
    expect(names()).toEqual(['granting', 'off']);
  });

  it('works while nothing is granted: an earlier process may have', async () => {
    const { keeper, revocation, time } = await setUp(false);
    await keeper.revoke();
    expect(revocation.revokedUntil).toBe(time.now() / 1000 + TOKEN_LIFETIME_SECONDS);
  });

  it('survives an observer that throws', async () => {
    const time = new FakeTime();
    const keeper = new GrantKeeper({
      secretKey: app,
      platformId: platform.id,
      revocation: await Revocation.load(new MemoryRevocationStore(), { clock: time }),
      enabled: true,
      clock: time,
      sleep: time.sleep,
      onState: () => {
        throw new Error('observer');
      },
    });
    void goOnline(keeper, new FakeConnection());
    await settle();
    expect(keeper.state.state).toBe('granted');
  });
});
