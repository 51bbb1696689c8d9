import { afterEach, describe, expect, it } from 'vitest';
import { PeopleError } from '../../../platform/people/index.js';
import { addUser, FROM, mayPostgres, PeopleStage, type Process } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const LASTS_MS = 4_000;
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

/** Something that two processes may do to the same few users and projects at the same time. */
function anything({ people, root }: Process, userId: string): Promise<unknown> {
  const project = pick(['a', 'b', 'c']);
  const isSo = Math.random() < 0.5;
  return pick<() => Promise<unknown>>([
    () => people.users.change(root, userId, { isAdministrator: isSo }),
    () => people.users.change(root, userId, { isDisabled: isSo }),
    () => people.users.change(root, userId, { name: `name ${Math.floor(Math.random() * 6)}` }),
    () => people.signIns.begin(userId, 'oidc', FROM),
    () => people.signIns.endOthers(root, userId, null),
    async () => people.signIns.withCode(await people.codes.makeSignIn(root, userId), FROM),
    () => people.members.put(root, project, userId, pick(['viewer', 'operator', 'admin'])),
    () => people.members.remove(root, project, userId),
    () => people.projects.add(root, { id: project }),
    () => people.projects.rename(root, project, 'x'),
    async () => {
      const { token } = await people.apiTokens.make(root, {
        project,
        label: 'x',
        permissions: ['fleet:read'],
      });
      await people.apiTokens.revoke(root, project, token.id);
    },
    () => people.audit.failedSignIn('x', userId, null),
  ])();
}

describe.runIf(mayPostgres)('what two processes do to the same people at the same time', () => {
  it('is done or refused with words: nobody waits for who waits for him, and an administrator is left', async () => {
    const processes = await stage.processes(2);
    const [one] = processes;
    const ids: string[] = [];
    for (let number = 0; number < 8; number += 1)
      ids.push((await addUser(one, `u${number}`, { isAdministrator: true })).id);
    const odd: unknown[] = [];
    let done = 0;
    const end = performance.now() + LASTS_MS;
    const worker = async (process: Process) => {
      while (performance.now() < end) {
        await anything(process, pick(ids)).then(
          () => (done += 1),
          (error: unknown) => error instanceof PeopleError || odd.push(error),
        );
      }
    };
    await Promise.all(processes.flatMap((process) => Array.from({ length: 8 }, () => worker(process))));
    expect(odd).toEqual([]);
    expect(done).toBeGreaterThan(20);
    const { items } = await one.people.users.list({ limit: 99 });
    expect(items.some(({ isAdministrator, disabledAt }) => isAdministrator && disabledAt === null)).toBe(
      true,
    );
  }, 60_000);
});
