import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { linkedAbort } from '../async/index.js';
import { diagnose } from '../diagnose/index.js';
import { AnsweringRelays } from '../net-diagnostics/index.js';
import { DEADLINE } from '../options/index.js';
import { type PeerToTry, PROBE_NAMES } from '../probes/index.js';
import type { Colour, LocalReport } from '../report/index.js';
import { wholeNumber } from '../settings/index.js';
import type { Command } from './command.js';
import { EXIT, SIGNAL_EXIT } from './exit-codes.js';
import { type Interruption, onInterruption } from './interruption.js';
import { openPeers, relaysOf } from './report/peers.js';
import { printReport } from './report/print.js';
import { Progress } from './report/progress.js';
import { N0, type ReportPlan, reportPlan } from './report/settings.js';
import type { Shell } from './shell.js';
import { flagValue, parsing } from './usage-error.js';

const DEFAULT_WATCH_SECONDS = 30;
const WATCH = wholeNumber('a whole number of seconds', 1, 86_400);

const HELP = `Usage: iroh-net-diagnostics report [options]

Measures this machine's network and says whether direct connections work: UDP, the NAT and its kind, port mapping,
captive portals, the relays' latencies. No API secret is needed, and nothing is sent to a platform.

Asked are the relays and STUN servers that you name, and this network's gateway. Nobody else: without --relay a
report knows this machine and its gateway alone.

  --relay URL        a relay to ask, several times for several; "${N0}" means n0's public relays
                     (default: NET_DIAGNOSTICS_RELAYS, else none). URL?quicPort=PORT says where it answers QUIC
                     address discovery (7842 if nothing is said), URL?quicPort=none that it does not
  --stun HOST[:PORT] a STUN server to ask, may be repeated (default: NET_DIAGNOSTICS_STUN, else none)
  --peer ID@URL      a peer to try, as "iroh-net-diagnostics peer" prints it there; up to four times (default:
                     NET_DIAGNOSTICS_PEERS, else none). It is dialled by a real endpoint for up to ten seconds: does
                     a direct path come up, and does it keep carrying data? Without --relay its relay is asked, too
  --deadline MS      a report takes no longer (default: NET_DIAGNOSTICS_DEADLINE, else 3000, with --peer 10000)
  --probe NAME       run this probe alone, may be repeated (default: NET_DIAGNOSTICS_PROBES, else all):
                     ${PROBE_NAMES.join(', ')}
  --json             JSON, as the schema iroh-net-diagnostics/schema.json describes it
  --redact           replace addresses, host names and ids by tokens: to pass it on
  --watch[=SECONDS]  again and again, with so long a pause (default ${DEFAULT_WATCH_SECONDS}), until Ctrl-C. As text, later
                     reports only tell what has changed, marked *; with --json, one document a line

Examples:
  iroh-net-diagnostics report --relay ${N0}
  iroh-net-diagnostics report --relay https://relay1.example.com --relay https://relay2.example.com
  iroh-net-diagnostics report --relay ${N0} --json --redact > report.json
  iroh-net-diagnostics report --relay ${N0} --peer "$PEER"
  iroh-net-diagnostics report --stun stun.example.com --watch=10

Exit codes (of a watch: the last report's):
  0  green   direct connections should work
  1  orange  often relayed, or the kind of NAT is unknown
  2  red     relays only, or no relay that iroh can use
  3  grey    cannot tell
  ${EXIT.usage} wrong words, ${EXIT.noReport} no report could be made, 129 to 143 ended before there was one
`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  redact: { type: 'boolean', default: false },
  relay: { type: 'string', multiple: true },
  stun: { type: 'string', multiple: true },
  probe: { type: 'string', multiple: true },
  peer: { type: 'string', multiple: true },
  deadline: { type: 'string' },
  watch: { type: 'string' },
} as const;

/** The exit code for each colour. */
const COLOUR_EXIT: Readonly<Record<Colour, number>> = { green: 0, orange: 1, red: 2, grey: 3 };

/** The exit code for a report's colour. */
export function exitCodeOf({ summary }: Pick<LocalReport, 'summary'>): number {
  return COLOUR_EXIT[summary.colour];
}

/** Prints a local report. */
export const reportCommand: Command = { help: HELP, failure: EXIT.noReport, run: report };

async function report(words: readonly string[], shell: Shell): Promise<number> {
  const { values } = parsing(OPTIONS, () => parseArgs({ args: withPause(words), options: OPTIONS }));
  const watchSeconds = flagValue('--watch', values.watch, WATCH);
  const deadline = flagValue('--deadline', values.deadline, DEADLINE);
  const { relay, stun, probe, peer, json, redact } = values;
  const said = await reportPlan({ relay, stun, probe, peer, deadline }, shell.env);
  const plan = withoutIdlePeers(withTheirRelays(said), shell);
  if (plan.relays.length === 0) {
    shell.err(
      plan.stun.length === 0
        ? `No relay is named, so only this machine and its gateway are asked. Add --relay URL, or --relay ${N0} for n0's public relays.\n`
        : `No relay is named: only the STUN servers, this machine and its gateway are asked. Add --relay URL, or --relay ${N0}.\n`,
    );
  }
  const print = { json, redact, compact: watchSeconds !== undefined };
  const interruption = onInterruption();
  try {
    return await reports({ plan, print, watchSeconds, shell, interruption });
  } finally {
    interruption.release();
  }
}

/** A peer that is named names its relay: if nobody says another one, that is asked. */
function withTheirRelays(plan: ReportPlan): ReportPlan {
  return plan.relays.length > 0 ? plan : { ...plan, relays: relaysOf(plan.peers) };
}

/** Nobody is dialled whom no probe tries. */
function withoutIdlePeers(plan: ReportPlan, shell: Shell): ReportPlan {
  if (plan.peers.length === 0 || plan.probes === null || plan.probes.includes('peer')) return plan;
  shell.err('No peer is tried: the probe "peer" is not among those that are to run.\n');
  return { ...plan, peers: [] };
}

/** Gives `--watch` its default value: parseArgs has no options with an optional value. */
function withPause(words: readonly string[]): string[] {
  const isLeftOut = (at: number) => words[at] === '--watch' && !/^\d/.test(words[at + 1] ?? '');
  return words.map((word, at) => (isLeftOut(at) ? `--watch=${DEFAULT_WATCH_SECONDS}` : word));
}

interface Reports {
  plan: ReportPlan;
  print: Parameters<typeof printReport>[2];
  /** undefined: one report. */
  watchSeconds: number | undefined;
  shell: Shell;
  interruption: Interruption;
}

async function reports(all: Reports): Promise<number> {
  const { plan, shell, interruption } = all;
  const end = linkedAbort(interruption.signal, shell.outClosed);
  try {
    if (plan.peers.length > 0) shell.showProgress('waiting for a relay, to try the peers');
    const opened = await openPeers({ ...plan, signal: end.signal });
    try {
      return await watched(all, opened.peers, end.signal);
    } finally {
      await opened.close();
    }
  } finally {
    shell.eraseProgress();
    end.release();
  }
}

async function watched(
  { plan, print, watchSeconds, shell, interruption }: Reports,
  peers: readonly PeerToTry[],
  signal: AbortSignal,
): Promise<number> {
  const answering = new AnsweringRelays();
  let last: LocalReport | null = null;
  do {
    const next = await once({ ...plan, peers }, answering.urls, shell, signal);
    // A report that was cut off says less than the one before, so it is not printed.
    if (signal.aborted) break;
    printReport(next, last, print, shell);
    answering.note(next);
    last = next;
  } while (watchSeconds !== undefined && (await pause(watchSeconds, signal)));
  return last === null ? (interruption.exitCode ?? SIGNAL_EXIT.SIGPIPE) : exitCodeOf(last);
}

async function once(
  plan: Omit<ReportPlan, 'peers'> & { peers: readonly PeerToTry[] },
  answeredBefore: readonly string[],
  shell: Shell,
  signal: AbortSignal,
): Promise<LocalReport> {
  const { relays, stun, probes, peers, deadline } = plan;
  const progress = new Progress();
  try {
    return await diagnose({
      relays,
      answeredBefore,
      stun,
      probes,
      peers,
      deadline,
      signal,
      onProbe: (event) => shell.showProgress(progress.line(event)),
    });
  } finally {
    shell.eraseProgress();
  }
}

/** @returns whether the whole pause has passed. Its timer keeps the process alive: nothing else does meanwhile. */
async function pause(seconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(seconds * 1000, true, { signal }).catch(() => false);
}
