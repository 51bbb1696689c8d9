import {
  group,
  InvalidField,
  InvalidValue,
  isLoopbackHost,
  type Kind,
  listOf,
  needed,
  oneOf,
  option,
  type TextKind,
  textKind,
  type Values,
} from 'iroh-net-diagnostics/services';
import { PeopleError } from './people/errors.js';
import { projectId } from './people/names.js';
import { ROLES, type Role } from './people/permissions.js';

/** What a group of the provider gives to who is in it. */
export interface OidcRoleOption {
  /** A group as the provider writes it: a name, a path or an id. */
  group: string;
  /** The id of a project. */
  project: string;
  role: Role;
}

/** Sign-in by an OpenID Connect provider: the option `dashboard.oidc` of `Platform.start`. */
export interface OidcOptions {
  /** The provider, as it calls itself: an `https:` URL, or `http:` on this machine. */
  issuer: string;
  /** This platform's client id at the provider. */
  clientId: string;
  /** The file with the client's secret, read at each sign-in. Default: none, a public client. */
  clientSecretFile?: string | undefined;
  /** What the sign-in page calls it: "Sign in with …". Default: the issuer's host. */
  label?: string | undefined;
  /** What is asked for; `openid` always is. Default: `profile` and `email`. */
  scopes?: readonly string[] | undefined;
  /** The claim that lists somebody's groups. Default: `groups`. */
  groupsClaim?: string | undefined;
  /**
   * Groups, and verified e-mail addresses (what has an `@`), of the platform's administrators. With them, each sign-in
   * makes somebody an administrator or takes it from him. Default: none, and nobody is one by the provider.
   */
  administrators?: readonly string[] | undefined;
  /** Roles by groups. Each sign-in gives them, and takes those whose group is gone. Default: none. */
  roles?: readonly OidcRoleOption[] | undefined;
  /** The role in the project `default` of everybody whom the provider lets in. Default: none. */
  defaultRole?: Role | undefined;
}

/** {@link OidcOptions} with their defaults. */
export type OidcSettings = Omit<Values<typeof OIDC>, 'label'> & { label: string };

const MAX_TEXT = 500;
const MAX_LABEL = 60;
const MAX_ENTRIES = 1_000;
/** At Entra these stand for everybody's tenant: anybody can make one, and call himself there as he likes. */
const TENANTS_OF_ALL = ['common', 'organizations', 'consumers'];

const ROLE_ROWS = {
  group: needed(word('the name of a group')),
  project: needed(
    textKind('the id of a project: lower-case letters, digits and hyphens', (text) => {
      try {
        return projectId(text);
      } catch (error) {
        throw error instanceof PeopleError ? new InvalidValue() : error;
      }
    }),
  ),
  role: needed(oneOf(...ROLES)),
};

/** What each of {@link OidcOptions} can be. */
export const OIDC_KINDS = {
  issuer: issuer(),
  clientId: word("the client's id at the provider"),
  clientSecretFile: word("a file's path"),
  label: word(`1 to ${MAX_LABEL} characters`, MAX_LABEL),
  scopes: scopes(),
  groupsClaim: word('the name of a claim'),
  administrators: words("a list of groups' names and e-mail addresses"),
  roles: roles(),
  defaultRole: oneOf(...ROLES),
};

const OIDC = {
  issuer: needed(OIDC_KINDS.issuer),
  clientId: needed(OIDC_KINDS.clientId),
  clientSecretFile: option(OIDC_KINDS.clientSecretFile, null),
  label: option(OIDC_KINDS.label, null),
  scopes: option(OIDC_KINDS.scopes, OIDC_KINDS.scopes.fromText('profile,email')),
  groupsClaim: option(OIDC_KINDS.groupsClaim, 'groups'),
  administrators: option(OIDC_KINDS.administrators, []),
  roles: option(OIDC_KINDS.roles, []),
  defaultRole: option(OIDC_KINDS.defaultRole, null),
};

const OIDC_GROUP = group('an object with issuer and clientId', OIDC);

/** Reads {@link OidcOptions}. */
export function oidc(): Kind<OidcSettings> {
  return {
    should: OIDC_GROUP.should,
    fromValue: (value) => {
      const settings = OIDC_GROUP.fromValue(value);
      return { ...settings, label: settings.label ?? new URL(settings.issuer).host };
    },
  };
}

function word(should: string, max = MAX_TEXT): TextKind<string> {
  return textKind(should, (text) => {
    // Control characters are no part of any name, and at the end of one they are a file's line end.
    if (text.trim() !== text || text === '' || text.length > max || /\p{Cc}/u.test(text))
      throw new InvalidValue();
    return text;
  });
}

function words(should: string): TextKind<readonly string[]> {
  return listOf(should, word(''), (all) => {
    if (all.length > MAX_ENTRIES) throw new InvalidValue(`it has more than ${MAX_ENTRIES} entries`);
  });
}

function issuer(): TextKind<string> {
  return textKind(
    'the https: URL by which the provider calls itself (http: on this machine alone)',
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url === null || url.search !== '' || url.hash !== '') throw new InvalidValue();
      if (url.username !== '' || url.password !== '') throw new InvalidValue('it holds a password');
      const isHere = url.protocol === 'http:' && isLoopbackHost(url.host);
      if (url.protocol !== 'https:' && !isHere) throw new InvalidValue();
      const [, tenant = ''] = url.pathname.split('/');
      if (url.hostname === 'login.microsoftonline.com' && TENANTS_OF_ALL.includes(tenant)) {
        throw new InvalidValue(`${tenant} is every tenant: name your own`);
      }
      if (url.pathname.includes('/.well-known/')) throw new InvalidValue('leave out /.well-known/…');
      return text;
    },
  );
}

function scopes(): TextKind<readonly string[]> {
  const scope = textKind('', (text) => {
    // RFC 6749, section 3.3.
    if (!/^[!#-[\]-~]{1,100}$/.test(text)) throw new InvalidValue();
    return text;
  });
  const kind = listOf('a list of scopes', scope, (all) => {
    if (all.length > 50) throw new InvalidValue('it has more than 50 entries');
  });
  const withOpenid = (all: readonly string[]) => [...new Set(['openid', ...all])];
  return {
    ...kind,
    fromText: (text) => withOpenid(kind.fromText(text)),
    fromValue: (value) => withOpenid(kind.fromValue(value)),
  };
}

function roles(): TextKind<readonly OidcRoleOption[]> {
  const entry = group('an object of group, project and role', ROLE_ROWS);
  const kind = {
    should:
      'a list of objects of group, project and role (in a text group=project:role, with commas between them)',
    fromText: (text: string) =>
      kind.fromValue(
        text.split(',').map((part) => {
          // A group's name may hold both signs.
          const [, group, project, role] = /^(.+)=([^=:]*):([^=:]*)$/.exec(part.trim()) ?? [];
          if (group === undefined) throw new InvalidValue(`${part.trim()} is not group=project:role`);
          return { group: group.trim(), project, role };
        }),
      ),
    fromValue: (value: unknown): readonly OidcRoleOption[] => {
      if (!Array.isArray(value)) throw new InvalidValue();
      if (value.length > MAX_ENTRIES) throw new InvalidValue(`it has more than ${MAX_ENTRIES} entries`);
      return value.map((one: unknown, index) => {
        try {
          return entry.fromValue(one);
        } catch (error) {
          if (error instanceof InvalidField) throw new InvalidField(`${index}.${error.path}`, error.problem);
          if (error instanceof InvalidValue) throw new InvalidValue(`entry ${index + 1} of ${value.length}`);
          throw error;
        }
      });
    },
  };
  return kind;
}
