import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LOG_EVENTS } from '../../lib/logger.js';
import { ATTRIBUTES, METRICS, SPANS } from '../../lib/telemetry/names.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// What the page says of the platform is held by test/platform/observe.
const [guide = ''] = readFileSync(join(root, 'docs', 'guides', 'observability.md'), 'utf8').split(
  '\n## The platform\n',
);

/** Everything in backticks in the first column of the guide's tables. */
const documented = new Set(
  [...guide.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  ),
);

describe('the guide on observability', () => {
  it('lists every log event, span and metric, and none that there is not', () => {
    const probe = `${SPANS.probe} <name>`;
    const names = [...LOG_EVENTS, SPANS.dialBack, SPANS.run, probe, ...Object.values(METRICS)];
    expect([...documented].sort()).toEqual([...names].sort());
  });

  it('names every attribute', () => {
    for (const name of Object.values(ATTRIBUTES)) expect(guide, name).toContain(`\`${name}\``);
  });
});
