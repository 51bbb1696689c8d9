// Whether a regular expression may need more than linear time. Two tools, since each misses something: recheck's
// automaton is exact, but does not support look-around and back-references; scslre does, but finds fewer kinds.
// Both are deterministic: no time limit, no random attacks (recheck has those, too).
process.env.RECHECK_BACKEND ??= 'pure';
const [{ checkSync }, { analyse }] = await Promise.all([import('recheck'), import('scslre')]);

/** @returns {string | null} what is wrong with it, for a reader; `null`: nothing */
export function troubleWith(source, flags) {
  const isSticky = flags.includes('y');
  const kept = flags.replace(/[dgy]/g, '');
  const exact = checkSync(shrunk(isSticky ? `^(?:${source})` : source), kept, {
    checker: 'automaton',
    timeout: null,
  });
  if (exact.status === 'vulnerable')
    return `takes ${exact.complexity.summary} time, for example on ${exact.attack.pattern}`;
  // A sticky expression is tried at one position only.
  const { reports } = analyse({ source, flags: kept }, { reportTypes: { Move: !isSticky } });
  const [report] = reports;
  if (report === undefined) return null;
  const times = report.exponential ? 'exponential' : 'quadratic';
  return `takes ${times} time, for example on many of ${report.character.literal.source}`;
}

/** Shortens long counts and runs: they cost the automaton minutes, and do not change how time grows. */
function shrunk(source) {
  return source
    .replace(/\{(\d+)(,?)(\d*)\}/g, (_, least, comma, most) => {
      return `{${Math.min(least, 3)}${comma}${most === '' ? '' : Math.min(most, 4)}}`;
    })
    .replace(/([-\w])\1{3,}/g, '$1$1');
}
