import type { SessionStatus } from '../client/index.js';
import type { StatusStore } from './status-store.js';

/** Shown to an app if another process has the same identity. */
export const SHARED_ELSEWHERE =
  "another process with the same key has connected to the platform and taken this one's place. " +
  'Give each process a key of its own: the platform knows one session for each.';

/** Writes the state of the connection to the platform into the app's status. */
export function showSession(statusStore: StatusStore, session: SessionStatus): void {
  const { state, why, retryAt, latencyMs } = session;
  statusStore.note({ latencyMs });
  switch (state) {
    case 'online':
      statusStore.set('online');
      break;
    case 'waiting':
      statusStore.noteError('ERR_CONNECT', why ?? 'the platform cannot be reached');
      statusStore.set('connecting', { reason: 'platform-unreachable', retryAt });
      break;
    case 'replaced':
      statusStore.noteError('ERR_STATE', SHARED_ELSEWHERE);
      statusStore.set('connecting', { reason: 'identity-in-use', retryAt });
      break;
    case 'unauthorized':
      statusStore.noteError('ERR_REMOTE', why ?? 'the platform answered 401');
      statusStore.set('unauthorized', { reason: 'refused-by-platform', retryAt });
      break;
    case 'connecting':
      showAttempt(statusStore);
      break;
    default:
      // `stopped` is set elsewhere: the session also stops when the endpoint is closed.
      break;
  }
}

/** A further attempt after failed ones is no change: the reason stays until the platform answers. */
function showAttempt(statusStore: StatusStore): void {
  const { state, reason } = statusStore.status;
  if (state === 'unauthorized') return;
  if (state === 'connecting' && reason !== null) statusStore.set(state, { reason });
  else statusStore.set('connecting');
}
