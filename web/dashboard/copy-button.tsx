import { useState } from 'preact/hooks';

/** How long it shows the result of a click, in milliseconds. */
const SAY_MS = 1500;

/** A button that copies a text. */
export function CopyButton({ text, children }: { text: string; children: string }) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async () => {
    const word = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Copying is not allowed here',
    );
    setSaid(word);
    setTimeout(() => setSaid(null), SAY_MS);
  };
  return (
    <button
      type="button"
      class="small"
      onClick={() => void copy().catch(() => setSaid('Copying is not possible here'))}
    >
      {said ?? children}
    </button>
  );
}
