import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A button in the bar that unfolds a few links. */
export function Menu({
  label,
  words,
  children,
}: {
  /** What it is for, for those who do not see where it is. */
  label: string;
  words: string;
  children: ComponentChildren;
}) {
  const fold = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const shut = () => fold.current?.removeAttribute('open');
    const onPointer = ({ target }: Event) => {
      if (target instanceof Node && fold.current?.contains(target) === false) shut();
    };
    const onKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || fold.current?.open !== true) return;
      shut();
      fold.current.querySelector('summary')?.focus();
    };
    addEventListener('pointerdown', onPointer);
    addEventListener('focusin', onPointer);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('pointerdown', onPointer);
      removeEventListener('focusin', onPointer);
      removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <details class="menu" ref={fold}>
      <summary>
        <span class="visually-hidden">{label}: </span>
        <bdi class="words">{words}</bdi>
      </summary>
      <div class="card">{children}</div>
    </details>
  );
}
