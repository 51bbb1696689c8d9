/** Turns records into what the pages get. */

import {
  type EndpointView,
  formatSocketAddr,
  type MetricSchema,
  type MetricsRecord,
  type MetricValue,
  type ReportRecord,
  type ReportSummary,
  reportFacts,
} from 'iroh-net-diagnostics/services';
import { MAX_METRIC_ROWS, MAX_ROW_ATTRIBUTES } from './constants.js';
import { verdict, viewReport } from './report-view.js';

/** An endpoint in a list. */
export type EndpointRowJson = ReturnType<typeof endpointRowJson>;
/** An endpoint with its current state. */
export type EndpointJson = ReturnType<typeof endpointJson>;
/** A report in a list. */
export type ReportSummaryJson = ReturnType<typeof reportSummaryJson>;
/** A report, in words and as it came. */
export type ReportJson = ReturnType<typeof reportJson>;
/** The latest values of one metrics session. */
export type MetricsSessionJson = ReturnType<typeof metricsJson>;

export function endpointJson(view: EndpointView) {
  const { id, name, group, isOnline, firstSeenAt, lastSeenAt, button, grant, run, address, latestReport } =
    view;
  return {
    id,
    name,
    group,
    attributes: Object.entries(view.attributes),
    isOnline,
    sharedIdentityAt: view.sharedIdentityAt,
    firstSeenAt,
    lastSeenAt,
    button,
    grant,
    run,
    addresses: [...(address?.directAddrs.map(formatSocketAddr) ?? []), ...(address?.relayUrls ?? [])],
    latestReport: latestReport === null ? null : reportSummaryJson(latestReport),
  };
}

/** What a list shows: little, since a page of it has up to 500. */
export function endpointRowJson(view: EndpointView) {
  const { id, name, group, isOnline, lastSeenAt, sharedIdentityAt, button, run, latestReport } = view;
  const attributes = Object.entries(view.attributes);
  return {
    ...{ id, name, group, isOnline, lastSeenAt, sharedIdentityAt },
    attributes: attributes.slice(0, MAX_ROW_ATTRIBUTES),
    attributeCount: attributes.length,
    button: button.enabled ? button : { enabled: button.enabled, reason: button.reason },
    isRunning: run !== null,
    latestReport: latestReport === null ? null : reportRowJson(latestReport),
  };
}

function reportRowJson({ id, receivedAt, facts }: ReportSummary) {
  const { level, headline } = verdict(facts);
  return { id, receivedAt, level, headline, natType: facts.natType, version: facts.irohVersion };
}

export function reportSummaryJson({ facts, ...circumstances }: ReportSummary) {
  return { ...circumstances, natType: facts.natType, irohVersion: facts.irohVersion, ...verdict(facts) };
}

export function reportJson(record: ReportRecord) {
  const { report, ...circumstances } = record;
  const summary = reportSummaryJson({ ...circumstances, facts: reportFacts(report) });
  return { ...summary, view: viewReport(report), raw: report };
}

export function metricsJson({ sessionId, updatedAt, schema, values }: MetricsRecord) {
  const rows = schema.items.slice(0, MAX_METRIC_ROWS).map((item, index) => ({
    name: [...item.prefixes, item.name].join('_'),
    type: item.type,
    labels: labelsText(item),
    help: schema.help?.[index] ?? '',
    value: valueText(values[index]),
    buckets: bucketTexts(values[index]),
  }));
  return { sessionId, updatedAt, total: schema.items.length, rows };
}

/** How many samples were at most each bound: the wire's counts are cumulative, as OpenMetrics has them. */
function bucketTexts(value: MetricValue | undefined): string[] {
  if (value?.type !== 'histogram') return [];
  return value.buckets.map(([bound, count]) =>
    bound === Number.POSITIVE_INFINITY ? `all: ${count}` : `≤ ${bound}: ${count}`,
  );
}

function labelsText({ labels }: MetricSchema): string {
  return labels.map(([key, value]) => `${key}=${value}`).join(', ');
}

function valueText(value: MetricValue | undefined): string {
  if (value === undefined) return '';
  return value.type === 'histogram' ? `${value.count} samples, sum ${value.sum}` : value.value.toString();
}
