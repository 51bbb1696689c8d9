import type { ProjectId } from 'iroh-net-diagnostics/services';
import type { Permission, Role } from './permissions.js';

/**
 * Who asks: a user, an API token, a program on this machine (the token in the data folder, the option `dashboard.token`),
 * or anyone, where there is no login.
 */
export type CallerKind = 'user' | 'token' | 'local' | 'anyone';

/** Who asks, and what he may: as the database said when the request came. */
export interface Caller {
  readonly kind: CallerKind;
  /** Of a user or a token its id; otherwise its kind. */
  readonly id: string;
  /** In words: a user's name, a token's label. */
  readonly name: string;
  /** Whether he may everything. */
  readonly isAdministrator: boolean;
  /** Those that he sees something of. `all`: also those that will be made. */
  readonly projects: 'all' | readonly ProjectId[];
  /** Where the request came from; `null`: from this machine, or not known. */
  readonly address: string | null;
  /** The sign-in that a user's browser came with. */
  readonly signInId: string | null;
  /**
   * Whether he may do that in the project; `null`: in the whole platform. It does not say that the project exists.
   */
  may(permission: Permission, project: ProjectId | null): boolean;
  /** What a member is in the project; `null`: none, as tokens and administrators may be. */
  roleIn(project: ProjectId): Role | null;
  /** Everything that he may in the project; of the whole platform for `null`. */
  permissionsIn(project: ProjectId | null): readonly Permission[];
}
