import { describe, expect, it } from 'vitest';
import { settingsMarkdown } from '../../lib/options/index.js';

describe('the settings as Markdown', () => {
  const lines = settingsMarkdown().trimEnd().split('\n');

  it('have one row of four cells per setting', () => {
    expect(lines).toHaveLength(2 + 29);
    for (const line of lines) expect(line.match(/(?<!\\)\|/g)).toHaveLength(5);
  });

  it('name option, variable and default', () => {
    expect(lines).toContain(
      '| `reportOnStart` | `NET_DIAGNOSTICS_REPORT_ON_START` | `false` | Uploads one report when online, within some seconds. |',
    );
    expect(lines.some((line) => line.startsWith('| `endpoint` | – | own |'))).toBe(true);
  });
});
