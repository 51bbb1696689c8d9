/** What the schemas of people have in common. */
import { type Static, Type } from 'typebox';
import { PERMISSIONS, ROLES, type User } from '../../people/index.js';
import { InProject, nullable, SHOULD, text, time, words } from './schemas.js';

/** Longest password that is looked at; what a good one is, is decided elsewhere. */
const MAX_PASSWORD = 800;
const MAX_NAME = 254;

export const RoleWord = words(ROLES, {
  description: 'What a member is; each may what the one before may, and more.',
});
export const PermissionWord = words(PERMISSIONS, { description: 'What somebody may do.' });

export const GivenName = text(MAX_NAME, { description: 'A name, as it is to be shown.', examples: ['Ana'] });
export const GivenEmail = nullable(text(MAX_NAME, { examples: ['ana@example.org'] }));
export const GivenPassword = Type.String({
  maxLength: MAX_PASSWORD,
  description: '10 to 200 characters, and none that everybody tries first.',
  examples: ['pink clouds at noon'],
});
export const GivenCode = Type.String({ maxLength: 100, description: 'A one-time code.' });

/** Done, and there is nothing to say. */
export const Nothing = Type.Null({ description: 'Done.' });

const UserId = Type.String({
  pattern: '^[0-9a-f]{24}$',
  [SHOULD]: 'the id of a user',
  description: 'The id of the user.',
});

export const OfUser = Type.Object({ user: UserId });
export const OfMember = Type.Object({ ...InProject.properties, user: UserId });
export const OfToken = Type.Object({
  token: Type.String({
    pattern: '^[0-9a-f]{16}$',
    [SHOULD]: 'the id of a token',
    description: 'The id of the token.',
  }),
});
export const OfProjectToken = Type.Object({ ...InProject.properties, ...OfToken.properties });

export const UserSchema = Type.Object(
  {
    id: UserId,
    name: Type.String(),
    email: nullable(Type.String()),
    hasPassword: Type.Boolean(),
    isFromProvider: Type.Boolean({ description: 'Whether he signs in by OpenID Connect.' }),
    isAdministrator: Type.Boolean({ description: 'Of the whole platform.' }),
    createdAt: time(),
    disabledAt: nullable(time('From then on he cannot sign in; `null`: he can.')),
    lastSignInAt: nullable(time()),
  },
  { title: 'User' },
);

/** A user. */
export type UserJson = Static<typeof UserSchema>;

export function userJson({ oidc, ...user }: User) {
  return { ...user, isFromProvider: oidc !== null };
}
