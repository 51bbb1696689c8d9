import { CopyButton } from './copy-button.js';

/** A text that is shown once, and the ways to copy it. */
export function ShownOnce({
  what,
  text,
  copies,
}: {
  /** What it is, for those who do not see it. */
  what: string;
  text: string;
  /** What else can be copied of it. */
  copies: readonly { words: string; text: string }[];
}) {
  return (
    <>
      <p>
        <strong>Copy it now: it is shown once and not stored.</strong>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is marked and copied by keyboard alone */}
      <section tabIndex={0} aria-label={what}>
        <pre>{text}</pre>
      </section>
      <div class="buttons">
        {copies.map((copy) => (
          <CopyButton key={copy.words} text={copy.text}>
            {copy.words}
          </CopyButton>
        ))}
      </div>
    </>
  );
}
