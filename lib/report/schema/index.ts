import type { JsonSchema } from './builders.js';
import { REPORT } from './report.js';

export type { JsonSchema } from './builders.js';

/**
 * JSON Schema (draft 2020-12) of the local report; the package publishes it as `iroh-net-diagnostics/schema.json`,
 * and `docs/report.md` is made of it. Members may be added within a version: a reader ignores what it does not know.
 */
export const REPORT_SCHEMA: JsonSchema = REPORT;
