import { readFile } from 'node:fs/promises';
import { codeOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type People, PeopleError } from './people/index.js';

/** Who makes it. */
const BY = { kind: 'local', id: 'local', name: 'the option dashboard.admin', address: null };

/**
 * Makes the first account, or the code with which somebody makes it.
 * @param admin - `null`: nobody is named
 * @param isByProvider - whether a provider of OpenID Connect says who is an administrator
 * @param dashboardUrl - with a slash at its end
 * @returns the URL that makes it; `null`: there is one, or will be by the provider
 * @throws NetDiagnosticsError `ERR_SETTING` when the named account cannot be made
 */
export async function makeFirstAdministrator(
  people: People,
  { admin, isByProvider }: { admin: { name: string; passwordFile: string } | null; isByProvider: boolean },
  dashboardUrl: string,
): Promise<string | null> {
  if (admin === null) {
    if (isByProvider) return null;
    const code = await people.codes.makeSetUp();
    return code === null ? null : `${dashboardUrl}setup#${new URLSearchParams({ code })}`;
  }
  // Nothing is read, and no password hashed, when the account has long been there.
  if (await people.users.hasAdministrator()) return null;
  const password = await readPassword(admin.passwordFile);
  await people.users.addFirst(BY, { name: admin.name, password }).catch((error: unknown) => {
    if (!(error instanceof PeopleError)) throw error;
    throw new NetDiagnosticsError('ERR_SETTING', `dashboard.admin: ${error.message}`, { cause: error });
  });
  return null;
}

/** The end of the last line, which editors add, is not part of it. */
async function readPassword(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = codeOf(error, 'unknown error');
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `dashboard.admin.passwordFile ${path} cannot be read: ${code}.`,
      {
        cause: error,
      },
    );
  });
  return text.replace(/\r?\n$/, '');
}
