import { dateTime, shortId } from '../words/format.js';
import type { SecretJson } from './answers.js';
import { Confirm } from './confirm.js';
import { Row } from './rows.js';

/** One API secret. `onRevoke` resolves when the list is up to date; `null`: the reader revokes none. */
export function SecretRow({
  secret: { keyId, label, createdAt, revokedAt },
  onRevoke,
}: {
  secret: SecretJson;
  onRevoke: ((keyId: string) => Promise<void>) | null;
}) {
  return (
    <Row
      name={label === '' ? 'Without a label' : label}
      about={
        <>
          Key{' '}
          <span class="mono" title={keyId}>
            {shortId(keyId)}
          </span>
          , created {dateTime(createdAt)}
        </>
      }
    >
      <span class={revokedAt === null ? 'chip green' : 'chip red'}>
        {revokedAt === null ? 'Active' : 'Revoked'}
      </span>
      <div class="buttons">
        {revokedAt === null && onRevoke !== null && (
          <Confirm
            ask="Revoke"
            about={label === '' ? shortId(keyId) : label}
            sure="Revoke for good"
            onSure={() => onRevoke(keyId)}
          />
        )}
      </div>
    </Row>
  );
}
