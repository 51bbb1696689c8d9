import { codeOf } from '../errors.js';
import type { PeerReached } from '../report/index.js';
import { CLOSE_NORMAL, parseEndpointId, shortId } from '../wire/index.js';
import { CONNECT_MS, LONGEST_ECHO_MS, MARGIN_MS, WATCH_MS } from './peer/constants.js';
import { type Ending, Trial, type Watched } from './peer/trial.js';
import type { PeerLink, PeerToTry } from './peer/types.js';
import { type Probe, type ProbeContext, probeError, type RunResult } from './probe.js';

/** How much of the time for watching may be missing before the report is said to have ended too early. */
const WATCHED_ENOUGH_MS = WATCH_MS - 500;

/**
 * Does what the verdict speaks of: dials each peer of the settings with a real endpoint, and watches whether iroh opens a
 * direct path to it that keeps carrying data. Nobody else is written to.
 */
export const peerProbe = {
  name: 'peer',
  plan: ({ peers }) =>
    peers.map((peer) => ({
      target: shortId(parseEndpointId(peer.id)),
      run: (context) => tryPeer(peer, context),
    })),
} as const satisfies Probe;

async function tryPeer(peer: PeerToTry, context: ProbeContext): Promise<RunResult> {
  const { signal, elapsed } = context;
  const left = () => Math.max(0, context.remaining() - MARGIN_MS);
  const dialledMs = elapsed();
  const timeoutMs = Math.min(CONNECT_MS, left());
  let link: PeerLink;
  try {
    link = await peer.connect({ signal, timeoutMs });
  } catch (error) {
    signal.throwIfAborted();
    const isLate = codeOf(error) === 'ERR_TIMEOUT';
    if (isLate && timeoutMs < CONNECT_MS) return tooEarly(peer, { watchedMs: 0 });
    const seen = { peer: peer.id, reached: 'unreached', watchedMs: 0 } as const;
    return {
      ...{ outcome: isLate ? 'timeout' : 'failed', error: probeError(error) },
      observation: { peers: [seen] },
    };
  }
  try {
    const trial = new Trial(link, elapsed, dialledMs);
    const longestMs = Math.min(WATCH_MS + LONGEST_ECHO_MS, left());
    const ending = await trial.run(Math.min(WATCH_MS, longestMs), longestMs, signal);
    return resultOf(peer, trial, ending);
  } finally {
    link.close(CLOSE_NORMAL);
  }
}

function resultOf(peer: PeerToTry, trial: Trial, ending: Ending): RunResult {
  const { seen, observation } = trial;
  const result = (reached: PeerReached) => ({
    ...observation,
    peers: [{ peer: peer.id, reached, ...seen }],
  });
  if (ending === 'proved') return { outcome: 'ok', observation: result('direct') };
  if (ending !== 'watched') {
    return { outcome: 'failed', error: probeError(ending.error), observation: result('cut') };
  }
  if (seen.watchedMs < WATCHED_ENOUGH_MS || trial.isCarrying) return tooEarly(peer, seen, observation);
  if (trial.isRelayed && (trial.hasTalked || seen.remoteAddr === undefined)) {
    return { outcome: 'ok', observation: result('relayed') };
  }
  const message = 'a direct path came up, and nothing came back over it';
  return { outcome: 'failed', error: { code: 'PEER_SILENT', message }, observation: result('cut') };
}

function tooEarly(peer: PeerToTry, seen: Watched, more: RunResult['observation'] = {}): RunResult {
  const message = 'the report ended before it was known whether a direct path comes up';
  return {
    ...{ outcome: 'timeout', error: { code: 'DEADLINE', message } },
    observation: { ...more, peers: [{ peer: peer.id, reached: 'cut', ...seen }] },
  };
}
