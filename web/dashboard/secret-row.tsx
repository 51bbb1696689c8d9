import { useEffect, useRef, useState } from 'preact/hooks';
import { dateTime, shortId } from '../words/format.js';
import type { SecretJson } from './answers.js';

/** One API secret. `onRevoke` resolves when the list is up to date. */
export function SecretRow({
  secret: { keyId, label, createdAt, revokedAt },
  onRevoke,
}: {
  secret: SecretJson;
  onRevoke(keyId: string): Promise<void>;
}) {
  return (
    <li data-key-id={keyId}>
      <div class="what">
        <strong>{label === '' ? 'Without a label' : label}</strong>
        <div class="small muted">
          Key{' '}
          <span class="mono" title={keyId}>
            {shortId(keyId)}
          </span>
          , created {dateTime(createdAt)}
        </div>
      </div>
      <span class={revokedAt === null ? 'chip green' : 'chip red'}>
        {revokedAt === null ? 'Active' : 'Revoked'}
      </span>
      <div class="buttons">
        {revokedAt === null && (
          <Revoke name={label === '' ? shortId(keyId) : label} onRevoke={() => onRevoke(keyId)} />
        )}
      </div>
    </li>
  );
}

/** Revoking cannot be undone, so it takes two clicks. */
function Revoke({ name, onRevoke }: { name: string; onRevoke(): Promise<void> }) {
  const [step, setStep] = useState<'idle' | 'asked' | 'kept' | 'revoking'>('idle');
  const ask = useRef<HTMLButtonElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  // The button that was pressed is gone, so the focus goes to what replaces it.
  useEffect(() => {
    if (step === 'asked') keep.current?.focus();
    if (step === 'kept') ask.current?.focus();
  }, [step]);
  const revoke = async () => {
    setStep('revoking');
    await onRevoke();
    setStep('idle');
  };
  if (step === 'idle' || step === 'kept') {
    return (
      <button
        ref={ask}
        type="button"
        class="small danger"
        aria-label={`Revoke ${name}`}
        onClick={() => setStep('asked')}
      >
        Revoke
      </button>
    );
  }
  return (
    <>
      <button type="button" class="small danger" disabled={step === 'revoking'} onClick={() => void revoke()}>
        Revoke for good
      </button>
      <button ref={keep} type="button" class="small" onClick={() => setStep('kept')}>
        Keep
      </button>
    </>
  );
}
