/** The commands about API tokens. They ask the platform that runs here, or else its database. */
import type { ProjectId } from 'iroh-net-diagnostics/services';
import type { Settings } from '../config/index.js';
import { type ApiToken, type People, PeopleError } from '../people/index.js';
import { atPlatform, print } from './at-platform.js';

const TOKEN_ID = /^[0-9a-f]{16}$/;
const DAY_MS = 24 * 3_600_000;

/** Whose tokens: a project's; `platform`: those of the whole platform. */
export interface Owner {
  project: ProjectId;
  platform?: boolean;
}

interface NewToken extends Owner {
  permission: readonly string[];
  /** Until it expires. Default: that of the platform. */
  days?: number | 'never';
}

/** What is shown of a token. */
type ShownToken = Pick<
  ApiToken,
  'id' | 'label' | 'permissions' | 'expiresAt' | 'revokedAt' | 'createdBy' | 'isOwnerOut'
>;

/** Makes a token, and prints it: the only time that it can be seen. */
export async function addToken(
  settings: Settings,
  label: string,
  { days, permission, ...owner }: NewToken,
): Promise<void> {
  const given = {
    label,
    permissions: permission,
    ...(days === undefined ? {} : { expiresAt: days === 'never' ? null : Date.now() + days * DAY_MS }),
  };
  const { text, token } = await atPlatform<{ text: string; token: ShownToken }>(
    settings,
    ['POST', pathOf(owner), given],
    (people, by) => people.apiTokens.make(by, { project: projectOf(owner), ...given }),
  );
  print(text);
  process.stderr.write(`A credential, shown once. Its id is ${token.id}; it ${endOf(token)}.\n`);
}

/** Prints a line for each token, the newest first. */
export async function listTokens(settings: Settings, owner: Owner): Promise<void> {
  const { items } = await atPlatform<{ items: readonly ShownToken[] }>(
    settings,
    ['GET', pathOf(owner), null],
    async (people) => ({ items: await people.apiTokens.list(await knownProject(people, owner)) }),
  );
  for (const token of items)
    print([token.id, token.label, token.permissions.join(','), makerOf(token), endOf(token)].join('  '));
}

/** Ends a token, at once and for good. */
export async function revokeToken(settings: Settings, id: string, owner: Owner): Promise<void> {
  if (!TOKEN_ID.test(id)) throw new PeopleError('unknown', 'There is no such token.');
  await atPlatform<unknown>(settings, ['DELETE', `${pathOf(owner)}/${id}`, null], async (people, by) =>
    people.apiTokens.revoke(by, await knownProject(people, owner), id),
  );
}

function pathOf({ project, platform = false }: Owner): string {
  return platform ? 'tokens' : `projects/${project}/tokens`;
}

function projectOf({ project, platform = false }: Owner): ProjectId | null {
  return platform ? null : project;
}

/** @throws PeopleError `unknown` */
async function knownProject({ projects }: People, owner: Owner): Promise<ProjectId | null> {
  const project = projectOf(owner);
  if (project !== null) await projects.assertExists(project);
  return project;
}

function makerOf({ createdBy: { kind, name } }: ShownToken): string {
  if (kind === 'local') return 'by a program on the machine';
  if (kind === 'anyone') return 'by nobody known';
  const who = name ?? 'one that is gone';
  return kind === 'token' ? `by the token ${who}` : `by ${who}`;
}

function endOf({ expiresAt, revokedAt, isOwnerOut }: ShownToken): string {
  if (revokedAt !== null) return `was revoked on ${day(revokedAt)}`;
  if (isOwnerOut) return 'lets nobody in: its user is out';
  if (expiresAt === null) return 'does not expire';
  return `${expiresAt > Date.now() ? 'expires' : 'expired'} on ${day(expiresAt)}`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
