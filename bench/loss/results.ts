import { median, quantile, shareInterval } from '../support/statistics.js';
import type { Sample } from './clients.js';

/** What is said of one client at one loss rate. Times in milliseconds; a failed run counts with the deadline. */
export interface Summary {
  successes: number;
  /** 95 % interval of the share of successes. */
  interval: [low: number, high: number];
  medianMs: number;
  p95Ms: number;
  /** The lowest and the highest of the medians (p95s) of five fifths of the runs. */
  medianSpreadMs: [low: number, high: number];
  p95SpreadMs: [low: number, high: number];
}

export interface Result {
  loss: number;
  rttMs: number;
  runs: number;
  ours: Summary;
  theirs: Summary;
  /** Runs that one client alone came through, and runs in which it was the faster one by more than 5 ms. */
  onlyOurs: number;
  onlyTheirs: number;
  oursFaster: number;
  theirsFaster: number;
}

const PARTS = 5;
const TIE_MS = 5;

export function compare(
  path: { loss: number; rttMs: number },
  pairs: readonly (readonly [ours: Sample, theirs: Sample])[],
  deadlineMs: number,
): Result {
  const time = ({ ok, ms }: Sample) => (ok ? ms : deadlineMs);
  const count = (holds: (ours: Sample, theirs: Sample) => boolean) =>
    pairs.filter(([ours, theirs]) => holds(ours, theirs)).length;
  return {
    ...path,
    runs: pairs.length,
    ours: summarize(
      pairs.map(([sample]) => sample),
      time,
    ),
    theirs: summarize(
      pairs.map(([, sample]) => sample),
      time,
    ),
    onlyOurs: count((ours, theirs) => ours.ok && !theirs.ok),
    onlyTheirs: count((ours, theirs) => theirs.ok && !ours.ok),
    oursFaster: count((ours, theirs) => time(ours) + TIE_MS < time(theirs)),
    theirsFaster: count((ours, theirs) => time(theirs) + TIE_MS < time(ours)),
  };
}

function summarize(samples: readonly Sample[], time: (sample: Sample) => number): Summary {
  const times = samples.map(time);
  const successes = samples.filter(({ ok }) => ok).length;
  const parts = Array.from({ length: PARTS }, (_, part) =>
    times.filter((_, index) => index % PARTS === part),
  );
  const spread = (of: (values: readonly number[]) => number): [number, number] => {
    const values = parts.map(of);
    return [Math.min(...values), Math.max(...values)];
  };
  const p95 = (values: readonly number[]) => quantile(values, 0.95);
  return {
    successes,
    interval: shareInterval(successes, samples.length),
    medianMs: median(times),
    p95Ms: p95(times),
    medianSpreadMs: spread(median),
    p95SpreadMs: spread(p95),
  };
}

/** A Markdown table. */
export function table(results: readonly Result[]): string {
  const head = ['loss', 'client', 'answered', '(95 % interval)', 'median ms', 'p95 ms', 'alone', 'faster'];
  const rows = results.flatMap((result) => [
    [
      `${result.loss * 100} %`,
      'ours',
      ...cells(result.ours, result.runs),
      result.onlyOurs,
      result.oursFaster,
    ],
    ['', "iroh's", ...cells(result.theirs, result.runs), result.onlyTheirs, result.theirsFaster],
  ]);
  const line = (values: readonly unknown[]) => `| ${values.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cells(summary: Summary, runs: number): string[] {
  const percent = (share: number) => (share * 100).toFixed(1);
  const [low, high] = summary.interval;
  const around = (value: number, [from, to]: [number, number]) =>
    `${value.toFixed(0)} (${from.toFixed(0)}–${to.toFixed(0)})`;
  return [
    `${percent(summary.successes / runs)} %`,
    `${percent(low)}–${percent(high)}`,
    around(summary.medianMs, summary.medianSpreadMs),
    around(summary.p95Ms, summary.p95SpreadMs),
  ];
}
