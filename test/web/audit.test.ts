import { describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS, type AuditEntry } from '../../platform/people/audit.js';
import { ACTION_CHOICES, viewEntry } from '../../web/words/audit.js';
import { bytesText, figuresOf } from '../../web/words/usage.js';

const entry = (over: Partial<AuditEntry>): AuditEntry => ({
  ...{ id: '1', at: 1_700_000_000_000, project: 'shop', action: 'member.added', target: 'bo', address: null },
  ...{ actor: { kind: 'user', id: 'u1', name: 'Ana' }, detail: {}, times: 1 },
  ...over,
});

describe('the audit log in words', () => {
  it('has words for each action', () => {
    expect(ACTION_CHOICES.map(([action]) => action).toSorted()).toEqual([...AUDIT_ACTIONS].toSorted());
  });

  it('says who did what to whom, from where, and what else is known', () => {
    const view = viewEntry(
      entry({ address: '192.0.2.7', detail: { role: 'operator', note: null }, times: 3 }),
    );
    expect([view.who, view.what, view.target]).toEqual(['Ana', 'added the member', 'bo']);
    expect(view.circumstances).toMatch(/ · from 192\.0\.2\.7 · 3 times · role: operator$/);
    expect(view.circumstances).not.toContain('note');
  });

  it('calls what it was done to by its name, and whoever did it to himself not twice', () => {
    const token = viewEntry(entry({ action: 'token.made', target: '0f', detail: { label: 'ci', days: 7 } }));
    expect(token.target).toBe('ci');
    expect(token.circumstances).toMatch(/ · days: 7$/);
    const detail = { isAdministrator: false, expiresAt: Date.UTC(2026, 5, 15, 12) };
    expect(viewEntry(entry({ detail })).circumstances).toMatch(/ · administrator: no · until: .*2026$/);
    expect(viewEntry(entry({ action: 'sign-in.ended', target: 'u1' })).target).toBe('');
    const signedIn = (way: string) =>
      viewEntry(entry({ action: 'sign-in.done', detail: { way } })).circumstances;
    expect(signedIn('code')).toMatch(/ · by a one-time code$/);
    // One of a newer platform.
    expect(signedIn('toString')).toMatch(/ · way: toString$/);
  });

  it('names those who have no name, shortens ids, and shows an action of a newer platform as it is', () => {
    const view = viewEntry(
      entry({
        actor: { kind: 'local', id: 'local', name: 'local' },
        action: 'moon.landed',
        target: 'a'.repeat(64),
      }),
    );
    expect([view.who, view.what, view.target]).toEqual([
      'A program on this machine',
      'moon.landed',
      'aaaaaaaaaa',
    ]);
    expect(viewEntry(entry({ actor: { kind: 'nobody', id: '', name: '' }, target: null }))).toMatchObject({
      who: 'Nobody',
      target: '',
    });
  });
});

describe('an amount of bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [913_000_000, '913 MB'],
    [2_340_000_000, '2.3 GB'],
    [5e15, '5,000 TB'],
  ])('of %i', (bytes, words) => {
    expect(bytesText(bytes)).toBe(words);
  });
});

describe('what a project keeps', () => {
  it('is said with what is allowed of it', () => {
    const limits = {
      ...{
        reportsDays: 90,
        reportsPerEndpoint: 100,
        reports: 1_000_000,
        pointsDays: 400,
        points: 20_000_000,
      },
      ...{ runsDays: 30, endpointsDays: 400, auditDays: 365, auditEntries: 100_000 },
    };
    const figures = figuresOf({
      ...{ endpoints: 1204, reports: 20_411, points: 7, bytes: 913_000_000, auditEntries: 3, limits },
    });
    expect(figures.map(({ value }) => value)).toEqual(['1,204', '20,411', '7', '3', '913 MB']);
    expect(figures[1]?.limit).toBe('Kept 90 days, 100 of an endpoint, 1,000,000 of a project.');
  });
});
