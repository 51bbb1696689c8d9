import { afterEach, describe, expect, it } from 'vitest';
import { sweep } from '../../../platform/store/sweep.js';
import { usageOf } from '../../../platform/store/usage.js';
import { madeUpId } from '../../support/ids.js';
import { sampleReport } from '../stage.js';
import { addUser, browserOf, DIALECTS, mayPostgres, NO_LIMITS, PeopleStage, type Process } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const PLATFORM = madeUpId('f'.repeat(64));
const refused = (reason: string, field: string | null = null) => ({ name: 'PeopleError', reason, field });

/** An API secret of the project, and endpoints with a report each. */
async function fill({ store }: Process, project: string, count: number, digit: string) {
  const keyId = madeUpId(digit.repeat(64));
  await store.addApiSecret({ project, keyId, identity: PLATFORM, label: '', createdAt: 1, revokedAt: null });
  const ids = Array.from({ length: count }, (_, index) => madeUpId(`${digit}${index}`.padEnd(64, '0')));
  for (const [index, id] of ids.entries()) {
    await store.authorise({ project, id }, { issuer: keyId, expiresAt: null }, PLATFORM, 1);
    const reportId = `${digit}${index}`.padStart(20, '0');
    await store.addReport(
      {
        ...{ project, id: reportId, endpointId: id, source: 'upload', receivedAt: 1, durationMs: null },
        sighting: null,
        report: sampleReport(id),
      },
      9,
    );
  }
  return { keyId, ids };
}

async function swept({ store }: Process): Promise<number> {
  let steps = 0;
  for await (const _step of sweep(store.database, NO_LIMITS)) steps += 1;
  return steps;
}

describe.each(DIALECTS)('projects, on %s', (dialect) => {
  it('are made, renamed and listed; the first is always there', async () => {
    const { people, root } = await stage.process(dialect);
    expect(await people.projects.list()).toEqual([{ id: 'default', name: 'Default', createdAt: 0 }]);
    await people.projects.add(root, { id: 'ops-1', name: ' Größe 😀 ' });
    await people.projects.add(root, { id: 'a' });
    expect(await people.projects.rename(root, 'a', 'Other')).toMatchObject({ id: 'a', name: 'Other' });
    expect((await people.projects.list()).map(({ id, name }) => [id, name])).toEqual([
      ['a', 'Other'],
      ['default', 'Default'],
      ['ops-1', 'Größe 😀'],
    ]);
    await expect(people.projects.remove(root, 'default')).rejects.toMatchObject(refused('forbidden'));
    await expect(people.projects.add(root, { id: 'a' })).rejects.toMatchObject(refused('taken', 'id'));
    const wrong = ['', 'A', '-a', 'a-', 'a_b', 'ä', '../x', 'a'.repeat(41), 'a\n', '~a'];
    for (const id of wrong)
      await expect(people.projects.add(root, { id })).rejects.toMatchObject(refused('invalid', 'id'));
    await expect(people.projects.rename(root, 'a', ' ')).rejects.toMatchObject(refused('invalid', 'name'));
    await expect(people.projects.rename(root, 'b', 'x')).rejects.toMatchObject(refused('unknown'));
    await expect(people.projects.remove(root, 'b')).rejects.toMatchObject(refused('unknown'));
  });

  it('that are removed are gone at once: secrets, tokens, members, sight', async () => {
    const process = await stage.process(dialect);
    const { people, root, store, told } = process;
    await people.projects.add(root, { id: 'ops' });
    const { keyId } = await fill(process, 'ops', 2, '3');
    const ada = await addUser(process, 'ada');
    await people.members.put(root, 'ops', ada.id, 'admin');
    const { value, caller } = await browserOf(process, ada);
    expect(caller.may('fleet:read', 'ops')).toBe(true);
    const { text } = await people.apiTokens.make(caller, {
      project: 'ops',
      label: 'ci',
      permissions: ['fleet:read'],
    });
    expect(await people.callers.ofToken(text, null)).toMatchObject({ projects: ['ops'] });
    told.splice(0);
    await people.projects.remove(root, 'ops');
    expect(told).toEqual([{ what: 'access' }, { what: 'secrets', project: 'ops', revoked: keyId }]);
    expect((await store.apiSecret(keyId))?.revokedAt).toBe(stage.now);
    expect(await people.callers.ofToken(text, null)).toBeNull();
    expect(await people.callers.ofSignIn(value, null)).toMatchObject({ projects: [] });
    expect(await people.projects.exists('ops')).toBe(false);
    expect(await people.projects.get('ops')).toBeNull();
    expect((await people.projects.list()).map(({ id }) => id)).toEqual(['default']);
    await expect(people.members.put(root, 'ops', ada.id, 'viewer')).rejects.toMatchObject(refused('unknown'));
    await expect(people.projects.rename(root, 'ops', 'x')).rejects.toMatchObject(refused('unknown'));
    await expect(people.projects.remove(root, 'ops')).rejects.toMatchObject(refused('unknown'));
    const late = { project: 'ops', label: '', permissions: ['fleet:read'] };
    await expect(people.apiTokens.make(root, { ...late, label: 'late' })).rejects.toMatchObject(
      refused('unknown'),
    );
    await expect(fill(process, 'ops', 0, '4')).rejects.toMatchObject({ code: 'ERR_STATE' });
    await expect(people.projects.add(root, { id: 'ops' })).rejects.toMatchObject({
      ...refused('taken', 'id'),
      message: expect.stringContaining('still being removed'),
    });
  });

  it('that are removed are swept away in small steps, with nothing of others', async () => {
    const process = await stage.process(dialect);
    const { people, root, store } = process;
    await people.projects.add(root, { id: 'ops' });
    const { ids } = await fill(process, 'ops', 5, '5');
    const { ids: others } = await fill(process, 'default', 2, '6');
    await people.projects.remove(root, 'ops');
    // One step for what each endpoint has, one for itself, at the least.
    expect(await swept(process)).toBeGreaterThanOrEqual(10);
    for (const table of ['endpoints', 'reports', 'api_secrets', 'members', 'api_tokens'] as const) {
      const rows = await store.tables
        .selectFrom(table)
        .select('project')
        .where('project', '=', 'ops')
        .execute();
      expect({ table, rows }).toEqual({ table, rows: [] });
    }
    for (const id of ids) expect(await store.endpoint({ project: 'ops', id })).toBeNull();
    for (const id of others) expect(await store.endpoint({ project: 'default', id })).not.toBeNull();
    // Its id can be used again, and shows nothing of what was before.
    await people.projects.add(root, { id: 'ops' });
    const { items } = await people.audit.page({ project: 'ops', limit: 99 });
    expect(items.map(({ action }) => action)).toEqual(['project.added']);
    expect(await usageOf(store.tables, 'ops')).toMatchObject({ endpoints: 0, bytes: 0, auditEntries: 1 });
    const all = await people.audit.page({ project: null, limit: 99 });
    expect(all.items.map(({ action, project, target }) => [action, project, target])).toEqual([
      ['project.added', 'ops', 'ops'],
      ['project.removed', null, 'ops'],
      ['project.added', '~ops', 'ops'],
    ]);
  });

  it('that are removed while the sweep is cut off are swept by the next', async () => {
    const process = await stage.process(dialect);
    const { people, root, store } = process;
    await people.projects.add(root, { id: 'ops' });
    await fill(process, 'ops', 3, '7');
    await people.projects.remove(root, 'ops');
    let steps = 0;
    for await (const _step of sweep(store.database, NO_LIMITS)) {
      steps += 1;
      if (steps === 3) break;
    }
    await swept(process);
    expect(await store.tables.selectFrom('projects').select('id').execute()).toEqual([{ id: 'default' }]);
  });
});

describe.runIf(mayPostgres)('a project that is removed at one process', () => {
  it('gets no secret from another at the same time that would still be good', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    for (let round = 0; round < 10; round += 1) {
      const project = `ops-${round}`;
      await one.people.projects.add(one.root, { id: project });
      const digit = '89abcdef'[round % 8] ?? '8';
      const keyId = madeUpId(`${digit}${round}`.padEnd(64, digit));
      await Promise.allSettled([
        one.people.projects.remove(one.root, project),
        two.store.addApiSecret({
          project,
          keyId,
          identity: PLATFORM,
          label: '',
          createdAt: 1,
          revokedAt: null,
        }),
      ]);
      const secret = await one.store.apiSecret(keyId);
      expect(secret === null || secret.revokedAt !== null).toBe(true);
    }
  });
});
