import { describe, expect, it } from 'vitest';
import {
  apiParameters,
  filterIn,
  isFiltering,
  NO_FILTER,
  queryOf,
  withLabel,
} from '../../web/words/list-filter.js';

const asked = (q: string, rest = {}) => [...apiParameters({ ...NO_FILTER, ...rest, q })];

describe('the filter of the list', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['check', [['search', 'check']]],
    ['north   west', [['search', 'north west']]],
    ['region=eu', [['attribute', 'region=eu']]],
    ['region=', [['attribute', 'region=']]],
    [
      'a=b=c d=e',
      [
        ['attribute', 'a=b=c'],
        ['attribute', 'd=e'],
      ],
    ],
    [
      'group:shop check',
      [
        ['group', 'shop'],
        ['search', 'check'],
      ],
    ],
    ['group:shop group:other', [['group', 'other']]],
    [
      'region=eu a=b region=us',
      [
        ['attribute', 'region=us'],
        ['attribute', 'a=b'],
      ],
    ],
    ['"rack=north west"', [['attribute', 'rack=north west']]],
    ['"group:a b"', [['group', 'a b']]],
    ['group:a=b', [['group', 'a=b']]],
    ['attribute:group:a=b', [['attribute', 'group:a=b']]],
    ['attribute:attribute:a=b', [['attribute', 'attribute:a=b']]],
    ['attribute:', [['search', 'attribute:']]],
    [String.raw`"say=\"hi\" \\"`, [['attribute', String.raw`say="hi" \ `.trimEnd()]]],
    ['"', []],
    ['"open', [['search', 'open']]],
    ['100%_\\', [['search', '100%_\\']]],
  ])('asks for what was typed: %j', (q, parameters) => {
    expect(asked(q)).toEqual(parameters);
  });

  it('asks for what was chosen, and what is typed tells more', () => {
    const chosen = { group: 'shop', online: 'true', sort: 'name' };
    expect(asked('', chosen)).toEqual([
      ['online', 'true'],
      ['group', 'shop'],
      ['sort', 'name'],
    ]);
    expect(asked('group:lab', chosen)).toContainEqual(['group', 'lab']);
  });

  it.each([
    'group:shop',
    'region=eu',
    'rack=north west',
    'a="b"',
    'back\\slash=\\',
    'tab=\t',
    '=',
    'e=é\u202e',
  ])('finds the label %j as it is put into it, once', (label) => {
    const q = withLabel('check', label);
    expect(asked(q)).toHaveLength(2);
    expect(asked(q)).toContainEqual(
      label.startsWith('group:') ? ['group', label.slice(6)] : ['attribute', label],
    );
    expect(withLabel(q, label)).toBe(q);
  });

  it('is the same after its way through a URL', () => {
    const filter = { ...NO_FILTER, q: 'a&b=c #ü %', level: 'orange', sort: 'name' };
    expect(filterIn(queryOf(filter))).toEqual(filter);
    expect(queryOf(NO_FILTER)).toBe('');
    expect(filterIn('?q=x&__proto__=y&other=z')).toEqual({ ...NO_FILTER, q: 'x' });
  });

  it('knows whether it leaves anything out', () => {
    expect(isFiltering({ ...NO_FILTER, sort: 'name', q: ' ' })).toBe(false);
    expect(isFiltering({ ...NO_FILTER, grant: 'none' })).toBe(true);
  });
});
