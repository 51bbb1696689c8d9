import { randomBytes } from 'node:crypto';
import type { Clock } from '../async/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import { printable } from '../text.js';
import {
  ApiSecret,
  type EndpointAddress,
  type EndpointId,
  readOpensshPublicKey,
  SecretKey,
} from '../wire/index.js';
import { MAX_API_SECRETS } from './constants.js';
import type { EventBus } from './events.js';
import { type ApiSecretRecord, DEFAULT_PROJECT, type ProjectId } from './records.js';
import type { Store } from './store.js';

/** Longest label, in characters. */
export const MAX_LABEL_LENGTH = 60;

/** Of a {@link Store} what is about API secrets. */
export type ApiSecretStore = Pick<Store, 'apiSecret' | 'apiSecrets' | 'addApiSecret' | 'revokeApiSecret'>;

/** What {@link ApiSecrets} needs. */
export interface ApiSecretContext {
  store: ApiSecretStore;
  /** Ends the sessions that were opened with a secret. */
  closeSessions(keyId: EndpointId): void;
  events: EventBus;
  clock: Clock;
  /** The address at which endpoints reach the platform now. */
  address(): EndpointAddress;
}

/** Issues and revokes API secrets. */
export class ApiSecrets {
  readonly #context: ApiSecretContext;

  constructor(context: ApiSecretContext) {
    this.#context = context;
  }

  /** A project's secrets, newest first, also revoked ones. */
  list(project: ProjectId = DEFAULT_PROJECT): Promise<ApiSecretRecord[]> {
    return this.#context.store.apiSecrets(project);
  }

  /**
   * Makes a secret. Only its public half is stored, so a lost secret cannot be shown again.
   * @param label - a name for operators, at most 60 characters
   * @throws NetDiagnosticsError `ERR_SETTING` for a longer label, `ERR_STATE` when there are too many, `ERR_STORE`
   */
  async create(label = '', project: ProjectId = DEFAULT_PROJECT): Promise<ApiSecret> {
    await this.#assertRoom(label, project);
    const secret = ApiSecret.create(SecretKey.fromBytes(randomBytes(32)), this.#context.address());
    await this.#add(secret.keyId, label, project);
    return secret;
  }

  /**
   * Accepts an SSH key in place of an API secret: its sessions may do everything. It is listed and revoked like a
   * secret, by the id that this resolves to.
   * @param publicKey - the line of its `.pub` file, `ssh-ed25519 …`
   * @param label - a name for operators, at most 60 characters
   * @throws NetDiagnosticsError `ERR_SETTING` for another line or a longer label, `ERR_STATE` when it is known already
   */
  async register(publicKey: string, label = '', project: ProjectId = DEFAULT_PROJECT): Promise<EndpointId> {
    const keyId = publicKeyIn(publicKey);
    await this.#assertRoom(label, project);
    if ((await this.#context.store.apiSecret(keyId)) !== null) {
      throw new NetDiagnosticsError('ERR_STATE', 'This key is registered already, or was revoked.');
    }
    await this.#add(keyId, label, project);
    return keyId;
  }

  async #assertRoom(label: string, project: ProjectId): Promise<void> {
    if (label.length > MAX_LABEL_LENGTH) {
      throw new NetDiagnosticsError('ERR_SETTING', `A label has at most ${MAX_LABEL_LENGTH} characters.`);
    }
    const good = (await this.list(project)).filter(({ revokedAt }) => revokedAt === null);
    if (good.length < MAX_API_SECRETS) return;
    throw new NetDiagnosticsError(
      'ERR_STATE',
      `There are ${MAX_API_SECRETS} API secrets already: use or revoke one.`,
    );
  }

  async #add(keyId: EndpointId, label: string, project: ProjectId): Promise<void> {
    const { store, clock, events, address } = this.#context;
    const identity = address().id;
    // Somebody may have pasted it.
    const shown = printable(label, MAX_LABEL_LENGTH);
    await store.addApiSecret({
      project,
      keyId,
      identity,
      label: shown,
      createdAt: clock.now(),
      revokedAt: null,
    });
    events.emit({ type: 'api-secrets-changed', project, keyId });
  }

  /**
   * Revokes a secret, and closes the sessions that were opened with it.
   * @returns whether there was such a secret that was not revoked yet
   */
  async revoke(keyId: EndpointId, project: ProjectId = DEFAULT_PROJECT): Promise<boolean> {
    const { store, closeSessions, clock, events } = this.#context;
    if (!(await store.revokeApiSecret(project, keyId, clock.now()))) return false;
    closeSessions(keyId);
    events.emit({ type: 'api-secrets-changed', project, keyId });
    return true;
  }
}

function publicKeyIn(line: string): EndpointId {
  try {
    return readOpensshPublicKey(line);
  } catch (error) {
    throw new NetDiagnosticsError('ERR_SETTING', `The public key ${messageOf(error)}.`, { cause: error });
  }
}
