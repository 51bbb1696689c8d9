/** How much something is, in words. Pure. */
import type { UsageAnswer } from '../dashboard/answers.js';
import { numberText } from './format.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** '3.4 MB' */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  const text = unit === 0 || value >= 100 ? numberText(Math.round(value)) : value.toFixed(1);
  return `${text} ${UNITS[unit]}`;
}

/** How much there is of something, and what the limit is. */
export interface Figure {
  label: string;
  value: string;
  limit: string;
}

/** What a project keeps. */
export function figuresOf({
  endpoints,
  reports,
  points,
  bytes,
  auditEntries,
  limits,
}: UsageAnswer): Figure[] {
  return [
    {
      label: 'Endpoints',
      value: numberText(endpoints),
      limit: `Forgotten when not seen for ${numberText(limits.endpointsDays)} days.`,
    },
    {
      label: 'Reports',
      value: numberText(reports),
      limit: `Kept ${numberText(limits.reportsDays)} days, ${numberText(limits.reportsPerEndpoint)} of an endpoint, ${numberText(limits.reports)} of a project.`,
    },
    {
      label: 'Points of metrics',
      value: numberText(points),
      limit: `Kept up to ${numberText(limits.pointsDays)} days, ${numberText(limits.points)} of a project.`,
    },
    {
      label: 'Entries of the audit log',
      value: numberText(auditEntries),
      limit: `Kept ${numberText(limits.auditDays)} days, ${numberText(limits.auditEntries)} of the whole platform.`,
    },
    { label: 'Reports and metrics take', value: bytesText(bytes), limit: 'The points as of an hour ago.' },
  ];
}
