import { LEVEL_WORDS } from '../words/endpoints.js';
import { numberText } from '../words/format.js';
import type { FleetAnswer } from './answers.js';

type Level = keyof FleetAnswer['levels'];

/** How much of the fleet has which colour, as a bar and as buttons that show these endpoints alone. */
export function Colours({
  levels,
  chosen,
  onChoose,
}: {
  levels: FleetAnswer['levels'];
  /** Empty: none. */
  chosen: string;
  onChoose(level: string): void;
}) {
  const all = Object.keys(LEVEL_WORDS) as Level[];
  return (
    <fieldset class="colours">
      <legend class="visually-hidden">Latest report</legend>
      <Shares shares={all.map((level) => [level, levels[level]])} />
      <div class="buttons">
        {all.map((level) => (
          <button
            key={level}
            type="button"
            class="choice"
            aria-pressed={level === chosen}
            onClick={() => onChoose(level === chosen ? '' : level)}
          >
            <span class={`swatch ${level}`} />
            {LEVEL_WORDS[level]} <span class="number muted">{numberText(levels[level])}</span>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

/** A bar of parts, hidden from screen readers: the buttons say the same. */
function Shares({ shares }: { shares: readonly (readonly [Level, number])[] }) {
  const total = shares.reduce((sum, [, count]) => sum + count, 0);
  let start = 0;
  return (
    <svg class="shares" aria-hidden="true">
      {shares.map(([level, count]) => {
        const width = total === 0 ? 0 : (100 * count) / total;
        start += width;
        return <rect key={level} class={level} x={`${start - width}%`} width={`${width}%`} height="100%" />;
      })}
    </svg>
  );
}
