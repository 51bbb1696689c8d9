import type { EndpointCount } from '../store/endpoint-counts.js';

/** Projects that are shown by name: each is a dozen lines. */
export const MAX_PROJECTS = 100;
/** The name of all others together. No project can have it. */
export const OTHER_PROJECTS = '_others';

/** @returns what a project is called: those with the most endpoints have their own names */
export function shownProjects(counts: readonly EndpointCount[]): (project: string) => string {
  const sizes = new Map<string, number>();
  for (const { project, count } of counts) sizes.set(project, (sizes.get(project) ?? 0) + count);
  const largest = [...sizes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_PROJECTS);
  const shown = new Set(largest.map(([project]) => project));
  return (project) => (shown.has(project) ? project : OTHER_PROJECTS);
}

/** Adds up what is the same by a key. */
export function summed(
  counts: readonly EndpointCount[],
  keyOf: (count: EndpointCount) => readonly [project: string, value: string],
): { project: string; value: string; count: number }[] {
  const sums = new Map<string, { project: string; value: string; count: number }>();
  for (const one of counts) {
    const [project, value] = keyOf(one);
    const sum = sums.get(`${project} ${value}`) ?? { project, value, count: 0 };
    sum.count += one.count;
    sums.set(`${project} ${value}`, sum);
  }
  return [...sums.values()];
}
