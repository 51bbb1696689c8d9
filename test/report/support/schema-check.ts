import { Ajv2020 } from 'ajv/dist/2020.js';
import { REPORT_SCHEMA } from '../../../lib/report/index.js';

/** What is wrong with a report, as a reader sees it who ignores what he does not know; empty: nothing. */
export const violations = checker(REPORT_SCHEMA);

/** The same, and members that the schema does not name are wrong, too: our own reports have none. */
export const closedViolations = checker(
  JSON.parse(JSON.stringify(REPORT_SCHEMA), (_, part) =>
    part?.type === 'object' && 'properties' in part ? { additionalProperties: false, ...part } : part,
  ),
);

function checker(schema: object): (report: unknown) => string[] {
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  return (report) => {
    // As JSON: what is undefined is not sent.
    validate(JSON.parse(JSON.stringify(report)));
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [`$${instancePath}`, message, params.additionalProperty].filter(Boolean).join(' '),
    );
  };
}
