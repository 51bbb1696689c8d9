/** The commands about people. They ask the platform that runs here, or else its database. */
import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import type { Settings } from '../config/index.js';
import { CODE_MS, nameKeyOf } from '../people/index.js';
import { atPlatform, print } from './at-platform.js';

/** What is shown of a user. */
interface ShownUser {
  id: string;
  name: string;
  email: string | null;
  isAdministrator: boolean;
  disabledAt: number | null;
}

interface NewUser {
  name: string;
  email?: string;
  administrator?: boolean;
}

const MAX_LIST = 500;

/** Adds a user, and prints how he comes in. */
export async function addUser(
  settings: Settings,
  { name, email, administrator = false }: NewUser,
): Promise<void> {
  const given = { name, email: email ?? null, isAdministrator: administrator };
  const { user } = await atPlatform<{ user: ShownUser }>(
    settings,
    ['POST', 'users', given],
    async (people, by) => ({
      user: await people.users.add(by, given),
    }),
  );
  await printLink(settings, user.id);
}

/** Prints a line for each user. */
export async function listUsers(settings: Settings): Promise<void> {
  for await (const { name, email, isAdministrator, disabledAt } of usersWith(settings, '')) {
    const about = [
      email ?? '',
      isAdministrator ? 'administrator' : '',
      disabledAt === null ? '' : 'disabled',
    ];
    print([name, ...about.filter((text) => text !== '')].join('  '));
  }
}

/** Prints a link that signs a user in. */
export async function linkUser(settings: Settings, name: string): Promise<void> {
  await printLink(settings, (await userOf(settings, name)).id);
}

/** Puts a user out. */
export async function disableUser(settings: Settings, name: string): Promise<void> {
  const { id } = await userOf(settings, name);
  const change = { isDisabled: true };
  await atPlatform(settings, ['PATCH', `users/${id}`, change], (people, by) =>
    people.users.change(by, id, change),
  );
}

/** Adds a project. */
export async function addProject(settings: Settings, given: { id: string; name?: string }): Promise<void> {
  await atPlatform(settings, ['POST', 'projects', given], (people, by) => people.projects.add(by, given));
}

/** Prints a line for each project. */
export async function listProjects(settings: Settings): Promise<void> {
  const { items } = await atPlatform<{ items: { id: string; name: string }[] }>(
    settings,
    ['GET', 'projects', null],
    async (people) => ({ items: await people.projects.list() }),
  );
  for (const { id, name } of items) print(name === id ? id : `${id}  ${name}`);
}

/** @throws NetDiagnosticsError when there is none of that name */
async function userOf(settings: Settings, name: string): Promise<ShownUser> {
  const wanted = nameKeyOf(name);
  for await (const user of usersWith(settings, name))
    if ([user.name, user.email ?? ''].some((text) => nameKeyOf(text) === wanted)) return user;
  throw new NetDiagnosticsError('ERR_SETTING', 'There is no user of that name.');
}

/** The users with a text in the name or the e-mail address, by name. */
async function* usersWith(settings: Settings, search: string): AsyncGenerator<ShownUser> {
  for (let after: string | null = null; ; ) {
    const query = { search, limit: MAX_LIST, ...(after === null ? {} : { after }) };
    const path = `users?${new URLSearchParams({ ...query, limit: String(MAX_LIST) })}`;
    const page: { items: ShownUser[]; next: string | null } = await atPlatform(
      settings,
      ['GET', path, null],
      (people) => people.users.list(query),
    );
    yield* page.items;
    if (page.next === null) return;
    after = page.next;
  }
}

async function printLink(settings: Settings, id: string): Promise<void> {
  const { url } = await atPlatform<{ url: string }>(
    settings,
    ['POST', `users/${id}/link`, {}],
    async (people, by, port) => ({ url: offlineLink(settings, await people.codes.makeSignIn(by, id), port) }),
  );
  print(url);
  process.stderr.write(
    `Signs in once, within ${CODE_MS['sign-in'] / 60_000} minutes: whoever has it is this user.\n`,
  );
}

/** Where the dashboard will be, as far as that is known while it is not there. */
function offlineLink(settings: Settings, code: string, port: number | null): string {
  const path = `link#${new URLSearchParams({ code })}`;
  const publicUrl = settings.get('public-url');
  if (publicUrl !== null && publicUrl !== undefined) return new URL(path, publicUrl).href;
  return `http://127.0.0.1:${port ?? 'PORT'}/${path}`;
}
