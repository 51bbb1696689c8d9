import type { Level } from '../words/view.js';

const SIGNS: Readonly<Record<Level, string>> = {
  green: 'M7 12.5l3.5 3.5L17 8.5',
  orange: 'M12 6v7.5M12 17.4v.1',
  red: 'M8.2 8.2l7.6 7.6M15.8 8.2l-7.6 7.6',
  grey: 'M9.4 9.3a2.7 2.7 0 1 1 4.1 2.6c-1 .6-1.5 1.1-1.5 2.1M12 17.4v.1',
};

/** A different sign for each colour, for readers who cannot tell them apart. The words beside it say the same. */
export function Sign({ level }: { level: Level }) {
  return (
    <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="11" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path
        d={SIGNS[level]}
        fill="none"
        stroke="currentColor"
        stroke-width="2.2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
