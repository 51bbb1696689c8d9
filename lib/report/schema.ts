import { REPORT_VERSION } from './constants.js';
import { CONTEXT } from './schema/context.js';
import { type JsonSchema, list, ms, object, oneOf, orNull, ref } from './schema/json-schema.js';
import { PROBES } from './schema/probes.js';
import { SEEN } from './schema/seen.js';
import { TEXTS } from './schema/texts.js';
import { VERDICT } from './schema/verdict.js';

export type { JsonSchema } from './schema/json-schema.js';

/**
 * JSON Schema (draft 2020-12) of the local report; the package publishes it as `iroh-net-diagnostics/schema.json`,
 * and `docs/report.md` is made of it. Members may be added within a version: a reader ignores what it does not know.
 */
export const REPORT_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:iroh-net-diagnostics:local-report:${REPORT_VERSION}`,
  title: 'Local report of iroh-net-diagnostics',
  ...object("One run's report: everything that was observed and concluded.", {
    version: {
      const: REPORT_VERSION,
      description: 'Of this document; it changes when a field changes its meaning or goes away.',
    },
    generator: ref('word', 'Who made it, with its version.'),
    startedAt: ref('timestamp', 'When the run began.'),
    durationMs: ms('How long it took, in milliseconds.'),
    deadlineMs: ms('How long it might have taken, in milliseconds.'),
    endedBy: oneOf(
      ['finished', 'deadline', 'aborted', 'no-route'],
      '`finished`: all probes are done; `deadline`: it was made of what was there; `aborted`: who asked for it gave up; `no-route`: this machine has no route to anywhere.',
    ),
    settings: ref('settings', 'What was asked for.'),
    endpoint: orNull(ref('endpoint'), 'The iroh endpoint; `null`: the report was made without one.'),
    notes: list(ref('text'), 'What a reader must know about how the report came about.'),
    probes: list(ref('probe'), 'Each run of each probe, those that failed included.'),
    verdict: ref('verdict', 'What follows from what was seen.'),
    summary: ref('summary', 'The verdict for a reader in a hurry.'),
  }),
  $defs: { ...CONTEXT, ...PROBES, ...VERDICT, ...SEEN, ...TEXTS },
};
