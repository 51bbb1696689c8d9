import { beforeEach, describe, expect, it } from 'vitest';
import type { EndpointRowJson, EndpointsAnswer } from '../../web/dashboard/answers.js';
import { FleetList, type ListView, NOTHING } from '../../web/dashboard/fleet-list.js';
import { NO_FILTER } from '../../web/words/list-filter.js';
import { madeUpId } from '../support/ids.js';

const row = (number: number, change: Partial<EndpointRowJson> = {}): EndpointRowJson => ({
  id: madeUpId(`e${String(number).padStart(4, '0')}`),
  name: null,
  group: null,
  isOnline: true,
  lastSeenAt: 0,
  sharedIdentityAt: null,
  attributes: [],
  attributeCount: 0,
  button: { enabled: true, until: null },
  isRunning: false,
  latestReport: null,
  ...change,
});

/** Answers as the API does, about a fleet that can be changed. */
class Platform {
  readonly asked: string[] = [];
  readonly views: ListView[] = [];
  rows: EndpointRowJson[];
  failure: Error | null = null;
  /** Called before each answer. */
  before: () => void = () => {};
  readonly list: FleetList;

  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, number) => row(number));
    this.list = new FleetList({
      ask: (parameters) => this.#answer(parameters),
      onView: (view) => this.views.push(view),
    });
  }

  get view(): ListView {
    return this.views.at(-1) ?? NOTHING;
  }

  get shown(): readonly string[] {
    return this.view.rows?.map(({ id }) => id) ?? [];
  }

  async #answer(parameters: URLSearchParams): Promise<EndpointsAnswer> {
    this.asked.push(`${parameters}`);
    this.before();
    if (this.failure !== null) throw this.failure;
    const ids = parameters.get('ids')?.split(',');
    const isOnline = parameters.get('online');
    const found = this.rows.filter(
      (endpoint) =>
        (ids === undefined || ids.includes(endpoint.id)) &&
        (isOnline === null || String(endpoint.isOnline) === isOnline),
    );
    const from = Number(parameters.get('after') ?? 0);
    const to = from + Number(parameters.get('limit') ?? 50);
    return { items: found.slice(from, to), next: to < found.length ? String(to) : null };
  }

  change(number: number, change: Partial<EndpointRowJson>): string {
    const { id } = row(number);
    this.rows = this.rows.map((known) => (known.id === id ? { ...known, ...change } : known));
    return id;
  }
}

describe('a list of thousands', () => {
  let platform: Platform;
  let list: FleetList;
  beforeEach(async () => {
    platform = new Platform(1_200);
    list = platform.list;
    await list.load();
    platform.asked.length = 0;
  });

  it('begins with fifty, and goes on where it ended', async () => {
    expect([platform.shown.length, platform.view.hasMore]).toEqual([50, true]);
    list.more();
    await list.load();
    expect(platform.asked).toEqual(['limit=50&after=50']);
    expect(platform.shown).toEqual(platform.rows.slice(0, 100).map(({ id }) => id));
  });

  it('ends', async () => {
    for (let page = 0; page < 30; page += 1) {
      list.more();
      await list.load();
    }
    expect([platform.shown.length, platform.view.hasMore]).toEqual([1_200, false]);
    expect(platform.asked).toHaveLength(23);
  });

  it('fetches one row when one changes, and leaves it where it is', async () => {
    const before = platform.view.rows ?? [];
    const id = platform.change(7, { name: 'new' });
    expect(list.touch([id])).toBe(true);
    await list.load();
    expect(platform.asked).toEqual([`ids=${id}`]);
    const after = platform.view.rows ?? [];
    expect(after[7]).toMatchObject({ id, name: 'new' });
    expect(after.filter((endpoint, at) => endpoint !== before[at])).toHaveLength(1);
    expect(platform.view.hasNews).toBe(false);
  });

  it('fetches nothing when others change, and says so', async () => {
    expect(list.touch([row(900).id])).toBe(false);
    await list.load();
    expect([platform.asked, platform.view.hasNews]).toEqual([[], true]);
    list.expire();
    await list.load();
    expect([platform.asked, platform.view.hasNews]).toEqual([['limit=50'], false]);
  });

  it('drops a row that no longer matches the filter, or is gone', async () => {
    list.show({ ...NO_FILTER, online: 'true' });
    await list.load();
    const ids = [platform.change(3, { isOnline: false }), row(5).id];
    platform.rows = platform.rows.filter(({ id }) => id !== ids[1]);
    list.touch(ids);
    await list.load();
    expect(platform.asked.at(-1)).toBe(`online=true&ids=${ids.join('%2C')}`);
    expect(platform.shown).not.toContain(ids[0]);
    expect(platform.shown).not.toContain(ids[1]);
    expect(platform.shown).toHaveLength(48);
  });

  it('asks for its own rows when any may have changed', async () => {
    for (let page = 0; page < 2; page += 1) {
      list.more();
      await list.load();
    }
    platform.asked.length = 0;
    expect(list.touch(null)).toBe(true);
    await list.load();
    expect(platform.asked.map((query) => query.split('%2C').length)).toEqual([50, 50, 50]);
    expect([platform.shown.length, platform.view.hasNews]).toEqual([150, true]);
  });

  it('is loaded anew as far as it was', async () => {
    list.show(NO_FILTER, 700);
    await list.load();
    expect([platform.shown.length, platform.asked]).toEqual([500, ['limit=500']]);
    for (let page = 0; page < 2; page += 1) {
      list.more();
      await list.load();
    }
    platform.asked.length = 0;
    list.expire();
    await list.load();
    expect([platform.shown.length, platform.asked]).toEqual([600, ['limit=500', 'limit=100&after=500']]);
  });

  it('shows nothing of a filter that is no longer wanted when its answer comes', async () => {
    platform.before = () => {
      platform.before = () => {};
      list.show({ ...NO_FILTER, online: 'false' });
    };
    list.show({ ...NO_FILTER, online: 'true' });
    await list.load();
    expect(platform.shown).toHaveLength(50);
    await list.load();
    expect(platform.asked).toEqual(['online=true&limit=50', 'online=false&limit=50']);
    expect(platform.shown).toEqual([]);
  });

  it('tries again what failed', async () => {
    platform.failure = new Error('away');
    const id = platform.change(1, { name: 'later' });
    list.touch([id]);
    await expect(list.load()).rejects.toThrow('away');
    list.expire();
    await expect(list.load()).rejects.toThrow('away');
    platform.failure = null;
    await list.load();
    expect(platform.view.rows?.[1]).toMatchObject({ name: 'later' });
  });

  it('ends its load while rows go on changing: the next one comes at its time', async () => {
    const id = row(3).id;
    platform.before = () => list.touch([id]);
    list.touch([id]);
    await list.load();
    expect(platform.asked).toHaveLength(1);
    await list.load();
    expect(platform.asked).toHaveLength(2);
  });

  it('has an endpoint once that moves while pages are loaded', async () => {
    platform.rows = [row(9_000), ...platform.rows];
    list.more();
    await list.load();
    expect(new Set(platform.shown).size).toBe(platform.shown.length);
  });
});

describe('a list that is loaded as a whole', () => {
  it('is fetched as a whole, so that who is new appears by himself, and who matches no more goes', async () => {
    const platform = new Platform(3);
    const { list } = platform;
    list.show({ ...NO_FILTER, online: 'true' });
    await list.load();
    platform.rows.push(row(77));
    const gone = platform.change(1, { isOnline: false });
    expect(list.touch([row(77).id, gone])).toBe(true);
    await list.load();
    expect(platform.asked).toEqual(['online=true&limit=50', 'online=true&limit=50']);
    expect(platform.shown).toEqual([row(0).id, row(2).id, row(77).id]);
    expect(platform.view.hasNews).toBe(false);
  });
});
