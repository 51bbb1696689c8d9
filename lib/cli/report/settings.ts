import { messageOf } from '../../errors.js';
import { resolveSettings, SETTINGS, type Settings } from '../../options/index.js';
import { SettingError } from '../../settings/index.js';
import { defaultRelays, loadBinding } from '../../transport/index.js';
import type { Relay } from '../../wire/index.js';
import { UsageError } from '../usage-error.js';

/** The word that stands for n0's public relays. */
export const N0 = 'n0';

/** The values on the command line; undefined: not given. */
export interface ReportWords {
  relay: readonly string[] | undefined;
  stun: readonly string[] | undefined;
  probe: readonly string[] | undefined;
  peer?: readonly string[] | undefined;
  deadline: number | undefined;
}

/** The settings that `report` uses, with their options on the command line. */
const FLAGS = {
  relays: '--relay',
  stun: '--stun',
  probes: '--probe',
  peers: '--peer',
  deadline: '--deadline',
} as const;

/** What a report is made with. */
export interface ReportPlan extends Pick<Settings, 'stun' | 'probes' | 'peers' | 'deadline'> {
  relays: readonly Relay[];
}

/**
 * Takes the values on the command line and, for those not given, the same environment variables as an app. Nobody
 * else is asked: n0's relays must be named too.
 * @throws UsageError for a word, `ERR_SETTING` for a variable, `ERR_BINDING_UNAVAILABLE` when n0's relays are wanted
 */
export async function reportPlan(words: ReportWords, env: NodeJS.ProcessEnv): Promise<ReportPlan> {
  const urls = words.relay?.filter((relay) => relay !== N0);
  const { relays, stun, probes, peers, deadline } = resolve({ ...words, relay: urls }, env);
  const wantsN0 = words.relay?.includes(N0) === true;
  const n0 = wantsN0 ? defaultRelays(await loadBinding()) : [];
  const listed = relays ?? [];
  const more = n0.filter(({ url }) => listed.every((relay) => relay.url !== url));
  return { relays: [...listed, ...more], stun, probes, peers, deadline };
}

function resolve({ relay, stun, probe, peer, deadline }: ReportWords, env: NodeJS.ProcessEnv): Settings {
  // Only these variables: a mistake in another one of the app's must not stop a report.
  const names = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).map((option) => SETTINGS[option].variable);
  const own = Object.fromEntries(names.flatMap((name) => (name === null ? [] : [[name, env[name]]])));
  try {
    // `resolveSettings` checks the names, hence the cast.
    const probes = probe as Settings['probes'] | undefined;
    return resolveSettings({ relays: relay, stun, probes, peers: peer, deadline }, own);
  } catch (error) {
    const option = error instanceof SettingError ? (error.option as keyof typeof FLAGS) : undefined;
    const given = { relays: relay, stun, probes: probe, peers: peer, deadline };
    if (option === undefined || given[option] === undefined) throw error;
    throw new UsageError(`${FLAGS[option]}: ${messageOf(error)}`);
  }
}
