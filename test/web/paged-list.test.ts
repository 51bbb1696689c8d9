import { describe, expect, it } from 'vitest';
import type { ListAnswer } from '../../web/dashboard/answers.js';
import { PagedList, type PagedView } from '../../web/dashboard/paged-list.js';

const PAGE = 3;

/** Lists by path, each answered when the test says so. */
class Api {
  readonly lists = new Map<string, string[]>();
  readonly asked: string[] = [];
  readonly errors: string[] = [];
  view: PagedView<string> = { items: null, hasMore: false };
  readonly list = new PagedList<string>({
    ask: (path) => this.#answer(path),
    onView: (view) => {
      this.view = view;
    },
    onError: (message) => this.errors.push(message),
  });
  /** Resolves before an answer is given; by the path that was asked. */
  readonly late = new Map<string, Promise<void>>();
  failure: Error | null = null;

  constructor(count: number) {
    this.lists.set(
      'users',
      Array.from({ length: count }, (_, index) => `u${index}`),
    );
  }

  async #answer(path: string): Promise<ListAnswer<string>> {
    this.asked.push(path);
    await this.late.get(path);
    if (this.failure !== null) throw this.failure;
    const [name = '', query = ''] = path.split('?');
    const parameters = new URLSearchParams(query);
    const search = parameters.get('search') ?? '';
    const found = (this.lists.get(name) ?? []).filter((item) => item.includes(search));
    const start = found.indexOf(parameters.get('after') ?? '') + 1;
    const items = found.slice(start, start + PAGE);
    return { items, next: start + PAGE < found.length ? (items.at(-1) ?? null) : null };
  }
}

describe('a list, page by page', () => {
  it('shows its first page, and one more each time it is asked', async () => {
    const api = new Api(7);
    await api.list.show('users');
    expect(api.view).toEqual({ items: ['u0', 'u1', 'u2'], hasMore: true });
    await api.list.more();
    expect(api.view).toEqual({ items: ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'], hasMore: true });
    await api.list.more();
    expect(api.view).toEqual({ items: ['u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6'], hasMore: false });
    await api.list.more();
    expect(api.asked).toEqual(['users', 'users?after=u2', 'users?after=u5']);
  });

  it('has each page once, however fast one presses for more', async () => {
    const api = new Api(7);
    await api.list.show('users');
    await Promise.all([api.list.more(), api.list.more()]);
    expect(api.view.items).toEqual(['u0', 'u1', 'u2', 'u3', 'u4', 'u5']);
  });

  it('shows what was searched last, though an older answer comes later', async () => {
    const api = new Api(7);
    let answer = () => {};
    api.late.set('users?search=u', new Promise((resolve) => (answer = resolve)));
    const older = api.list.show('users?search=u');
    await api.list.show('users?search=u6');
    answer();
    await older;
    expect(api.view).toEqual({ items: ['u6'], hasMore: false });
  });

  it('asks for the pages of a search with that search', async () => {
    const api = new Api(7);
    await api.list.show('users?search=u');
    await api.list.more();
    expect(api.asked).toEqual(['users?search=u', 'users?search=u&after=u2']);
  });

  it('stays as long as it was when it is loaded anew, with what has changed', async () => {
    const api = new Api(9);
    await api.list.show('users');
    await api.list.more();
    api.lists.set('users', ['u0', 'u1', 'u2', 'u3', 'u3b', 'u4', 'u5', 'u6']);
    await api.list.reload();
    expect(api.view).toEqual({ items: ['u0', 'u1', 'u2', 'u3', 'u3b', 'u4'], hasMore: true });
    api.lists.set('users', ['u0']);
    await api.list.reload();
    expect(api.view).toEqual({ items: ['u0'], hasMore: false });
  });

  it('keeps what it shows when an answer fails, says so, and says when that is over', async () => {
    const api = new Api(4);
    await api.list.show('users');
    api.failure = new Error('The platform is away.');
    await api.list.more();
    expect(api.view.items).toEqual(['u0', 'u1', 'u2']);
    api.failure = null;
    await api.list.more();
    expect(api.view).toEqual({ items: ['u0', 'u1', 'u2', 'u3'], hasMore: false });
    expect(api.errors).toEqual(['', 'The platform is away.', '']);
  });
});
