/** Who may do what: users, their sign-ins and roles, tokens for programs, and what was done. */
import { ApiTokens } from './api-tokens.js';
import { AuditLog } from './audit.js';
import { Callers } from './callers.js';
import { OneTimeCodes } from './codes.js';
import type { PeopleDeps } from './deps.js';
import { Members } from './members.js';
import { OidcAttempts } from './oidc-attempts.js';
import { OidcUsers } from './oidc-users.js';
import { PasswordChanges } from './password-changes.js';
import { Passwords } from './passwords.js';
import { Projects } from './projects.js';
import { SignInTurns } from './sign-in-turns.js';
import { SignIns } from './sign-ins.js';
import { Users } from './users.js';

export type { ApiToken, NewApiToken } from './api-tokens.js';
export {
  type Actor,
  AUDIT_ACTIONS,
  type AuditAction,
  type AuditEntry,
  type AuditNews,
  type AuditPage,
  type AuditQuery,
  noteInStore,
} from './audit.js';
export type { Caller, CallerKind } from './caller.js';
export { CODE_MS } from './codes.js';
export type { From } from './deps.js';
export { PeopleError, type PeopleReason } from './errors.js';
export type { Member, MemberSource } from './members.js';
export { nameKeyOf } from './names.js';
export type { OidcAttempt } from './oidc-attempts.js';
export type { OidcPerson, OidcRefusal } from './oidc-users.js';
export {
  isPlatformPermission,
  PERMISSIONS,
  PERMISSIONS_OF,
  type Permission,
  PLATFORM_PERMISSIONS,
  type PlatformPermission,
  PROJECT_PERMISSIONS,
  type ProjectPermission,
  ROLES,
  type Role,
  roleFor,
} from './permissions.js';
export type { Project } from './projects.js';
export type { Counted, Pace } from './sign-in-turns.js';
export { type NewSignIn, SIGN_IN_MS, type SignIn, type SignInWay } from './sign-ins.js';
export type { User } from './user-rows.js';
export type { NewUser, UserChange, UserQuery } from './users.js';

/** Everything about people, on one store. */
export class People {
  readonly audit: AuditLog;
  readonly callers: Callers;
  readonly users: Users;
  readonly passwordChanges: PasswordChanges;
  readonly signIns: SignIns;
  readonly signInTurns: SignInTurns;
  readonly codes: OneTimeCodes;
  readonly members: Members;
  readonly projects: Projects;
  readonly apiTokens: ApiTokens;
  readonly oidcAttempts: OidcAttempts;
  readonly oidcUsers: OidcUsers;

  constructor(given: Omit<PeopleDeps, 'audit'>) {
    this.audit = new AuditLog(given.store, given.clock);
    const deps = { ...given, audit: this.audit };
    // One for all: what is bounded is the work of this process.
    const passwords = new Passwords();
    this.callers = new Callers(deps);
    this.users = new Users(deps, passwords);
    this.passwordChanges = new PasswordChanges(deps, passwords);
    this.signIns = new SignIns(deps, passwords);
    this.signInTurns = new SignInTurns(deps);
    this.codes = new OneTimeCodes(deps, this.users);
    this.members = new Members(deps);
    this.projects = new Projects(deps);
    this.apiTokens = new ApiTokens(deps);
    this.oidcAttempts = new OidcAttempts(deps);
    this.oidcUsers = new OidcUsers(deps);
  }
}
