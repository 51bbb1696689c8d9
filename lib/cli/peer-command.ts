import { parseArgs } from 'node:util';
import { linkedAbort } from '../async/index.js';
import { hasCode } from '../errors.js';
import { ephemeralKey, filePath, keyFromFile } from '../options/index.js';
import type { SecretKey } from '../wire/index.js';
import type { Command } from './command.js';
import { EXIT, SIGNAL_EXIT } from './exit-codes.js';
import { onInterruption } from './interruption.js';
import { PeerPrinter } from './peer/print.js';
import { runPeer } from './peer/run-peer.js';
import { N0, reportPlan } from './report/settings.js';
import type { Shell } from './shell.js';
import { flagValue, parsing, UsageError } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics peer [options]

Lets reports of other machines try this one as their peer, until Ctrl-C: "report --peer" dials it with a real iroh
endpoint, and sees whether a direct path comes up and keeps carrying data. It prints the line to be run there, what its
own report says, and who came and how.

Run it in another network than the one in question, behind an ordinary home router or firewall. An open server proves
less: whoever answers strangers can be reached without a hole in its own firewall. Where its own report is not green,
a visitor that stays relayed learns nothing; with one relay and no STUN server a report does not know the NAT.

Anybody who is told its address may visit it, 16 at once, each for 30 seconds and 256 KiB. It is a peer for reports, and
nothing else is served.

  --relay URL        a relay by which it is found, several times for several; "${N0}" means n0's public relays
                     (default: NET_DIAGNOSTICS_RELAYS). Its own report asks them, too, each five minutes
  --stun HOST[:PORT] a STUN server for its own report, may be repeated (default: NET_DIAGNOSTICS_STUN, else none)
  --secret-key-file FILE
                     keeps its id; is made where it is missing (default: another id each time)
  --json             one JSON document a line

Examples:
  iroh-net-diagnostics peer --relay ${N0}
  iroh-net-diagnostics peer --relay https://relay.example.com --secret-key-file peer.key

Exit codes: ${EXIT.ok} ended by a signal, ${EXIT.failed} could not start, ${EXIT.usage} wrong words,
129 to 143 ended by a signal before it was online
`;

const OPTIONS = {
  relay: { type: 'string', multiple: true },
  stun: { type: 'string', multiple: true },
  'secret-key-file': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Runs a peer for others' reports. */
export const peerCommand: Command = { help: HELP, run: peer };

async function peer(words: readonly string[], shell: Shell): Promise<number> {
  const { values } = parsing(OPTIONS, () => parseArgs({ args: [...words], options: OPTIONS }));
  const { relay, stun, json } = values;
  const keyFile = flagValue('--secret-key-file', values['secret-key-file'], filePath());
  const plan = await reportPlan({ relay, stun, probe: undefined, deadline: undefined }, shell.env);
  if (plan.relays.length === 0) {
    throw new UsageError(
      `A peer is found by its relay: add --relay URL, or --relay ${N0} for n0's public relays.`,
    );
  }
  const printer = new PeerPrinter(shell, json, relay ?? plan.relays.map(({ url }) => url));
  const secretKey = await keyOf(keyFile, shell);
  const interruption = onInterruption();
  const end = linkedAbort(interruption.signal, shell.outClosed);
  let wasOnline = false;
  try {
    shell.err('Waiting for a relay …\n');
    await runPeer({
      ...{ secretKey, relays: plan.relays, stun: plan.stun, signal: end.signal },
      onEvent: (event) => {
        wasOnline ||= event.type === 'online';
        printer.print(event);
      },
    });
  } catch (error) {
    if (!end.signal.aborted || !hasCode(error, 'ERR_ABORTED')) throw error;
  } finally {
    end.release();
    interruption.release();
  }
  return wasOnline ? EXIT.ok : (interruption.exitCode ?? SIGNAL_EXIT.SIGPIPE);
}

async function keyOf(path: string | undefined, shell: Shell): Promise<SecretKey> {
  if (path === undefined) return ephemeralKey();
  const { secretKey, warning } = await keyFromFile(path);
  if (warning !== null) shell.err(`${warning}\n`);
  return secretKey;
}
