import { expect, it } from 'vitest';
import { PROBE_NAMES, PROBES } from '../../lib/probes/index.js';

it('has a probe for each name that a setting may hold, in that order', () => {
  expect(PROBES.map(({ name }) => name)).toEqual(PROBE_NAMES);
});
