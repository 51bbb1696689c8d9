import { useEffect, useRef, useState } from 'preact/hooks';

/** A button for what cannot be undone: it takes two clicks. */
export function Confirm({
  ask,
  about,
  sure,
  onSure,
}: {
  /** What the first button says. */
  ask: string;
  /** What it is about, for those who do not see the row. */
  about: string;
  /** What the second button says. */
  sure: string;
  /** Resolves when it is done. */
  onSure(): Promise<void>;
}) {
  const [step, setStep] = useState<'idle' | 'asked' | 'kept' | 'doing'>('idle');
  const first = useRef<HTMLButtonElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  // The button that was pressed is gone, so the focus goes to what replaces it.
  useEffect(() => {
    if (step === 'asked') keep.current?.focus();
    if (step === 'kept') first.current?.focus();
  }, [step]);
  const go = async () => {
    setStep('doing');
    await onSure();
    setStep('idle');
  };
  if (step === 'idle' || step === 'kept') {
    return (
      <button
        ref={first}
        type="button"
        class="small danger"
        aria-label={`${ask} ${about}`}
        onClick={() => setStep('asked')}
      >
        {ask}
      </button>
    );
  }
  return (
    <>
      <button type="button" class="small danger" disabled={step === 'doing'} onClick={() => void go()}>
        {sure}
      </button>
      <button ref={keep} type="button" class="small" onClick={() => setStep('kept')}>
        Keep
      </button>
    </>
  );
}
