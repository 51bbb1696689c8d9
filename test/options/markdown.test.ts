import { describe, expect, it } from 'vitest';
import { settingsMarkdown } from '../../lib/options/index.js';

describe('the settings as Markdown', () => {
  const lines = settingsMarkdown().trimEnd().split('\n');

  it('have one row of four cells per setting', () => {
    expect(lines).toHaveLength(2 + 28);
    for (const line of lines) expect(line.match(/(?<!\\)\|/g)).toHaveLength(5);
  });

  it('name option, variable and default', () => {
    expect(lines).toContain(
      '| `deadline` | `NET_DIAGNOSTICS_DEADLINE` | `3000` | How long one run of the probes may take. |',
    );
    expect(lines.some((line) => line.startsWith('| `endpoint` | – | own |'))).toBe(true);
  });
});
