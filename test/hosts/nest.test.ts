import { expect, it } from 'vitest';
import { describeHost } from './behaviours.js';
import { NEST_VERSION, nestHost } from './nest-host.js';

// The test project `nest-11` runs this file, too, over another copy of Nest.
it('is the version that the test project asks for', () => {
  expect(NEST_VERSION).toBe(process.env.EXPECTED_NEST ?? '12');
});

describeHost(nestHost('Express'));
describeHost(nestHost('Fastify'));
