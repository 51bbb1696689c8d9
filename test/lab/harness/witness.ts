import { type Case, MEASURED, RELAY_TARGETS } from './case.js';
import { Compiled } from './compiled.js';
import { FAR_END, farCommand } from './far-end.js';
import type { GuestReport, GuestsHere } from './guests-here.js';
import type { Lab } from './lab.js';
import type { Program } from './program.js';
import type { RelayCa } from './relays.js';
import { ON_ITS_OWN, type Stand } from './stand.js';
import { BINDING_VARIABLE } from './trusting-binding.js';
import type { WitnessHere, WitnessReady, WitnessSaid } from './witness-here.js';

const SUBJECT = 'in the network';

/** Those who show that others come directly, each by one family: a socket on loopback reaches nobody. */
const OTHERS = [
  { name: 'by IPv4', bindAddrs: ['0.0.0.0:0', '[::1]:0'] },
  { name: 'by IPv6', bindAddrs: ['127.0.0.1:0', '[::]:0'] },
];

/** Where the app looks whether it is its turn. */
const TURN = '/run/lab/turn';

/** How a platform is asked. */
export interface AskOptions {
  /** Default: at an address of its own. */
  stand?: Stand | undefined;
  /** Whether the app then makes a report for itself, while it has its session. Default: no. */
  reports?: boolean | undefined;
}

/** What came of it. */
export interface Witnessed {
  said: WitnessSaid;
  /** The app's own report; null: none was wanted. */
  own: GuestReport | null;
}

/** Waits for the app to come, for its path to settle, and for its report, with the time that a busy machine takes. */
const SAID_MS = 90_000;

/**
 * The platform as a witness: one on the Internet, an app with a session in the network under test, others behind an
 * ordinary home router, whose sessions show that others come directly; and what the platform then says of the first one.
 */
export class Witness {
  readonly #ca: RelayCa;
  readonly #platform: Compiled;
  readonly #guests: Compiled;

  private constructor(ca: RelayCa, platform: Compiled, guests: Compiled) {
    this.#ca = ca;
    this.#platform = platform;
    this.#guests = guests;
  }

  static async build(ca: RelayCa): Promise<Witness> {
    const files = ['witness-here.ts', 'guests-here.ts'].map((file) => Compiled.build(file));
    const [platform, guests] = (await Promise.all(files)) as [Compiled, Compiled];
    return new Witness(ca, platform, guests);
  }

  /** Asks it about the host `cli`. The relays of its settings are those of the app's. */
  async ask(
    lab: Lab,
    { topology, report = {} }: Pick<Case, 'topology' | 'report'>,
    { stand = ON_ITS_OWN, reports = false }: AskOptions = {},
  ): Promise<Witnessed> {
    const { relays = RELAY_TARGETS, stun = [], deadline, env = {} } = report;
    const binding = { [BINDING_VARIABLE]: this.#ca.binding };
    const others = OTHERS.map(({ name }) => name);
    const told: WitnessHere = { addresses: stand.addresses, relays, subject: SUBJECT, others };
    const platform = lab.start(stand.host, farCommand(topology, this.#platform.command(told)), binding);
    const { apiSecret } = JSON.parse(await platform.says(/^\{"apiSecret".*\}$/m, SAID_MS)) as WitnessReady;
    const roots = [this.#ca.pem];
    const subject = { name: SUBJECT, apiSecret, relays, stun, deadline };
    const here: GuestsHere = { guests: [subject], roots, env, reportsAt: reports ? TURN : undefined };
    // With relays, too: their sessions show that one comes along.
    const there: GuestsHere = {
      guests: OTHERS.map((one) => ({ ...one, apiSecret, relays })),
      roots,
      env: {},
    };
    const app = lab.start('cli', this.#guests.command(here), binding);
    const programs = [
      app,
      lab.start(FAR_END, farCommand(topology, this.#guests.command(there)), binding),
      platform,
    ];
    try {
      const said = JSON.parse(await platform.says(/^\{"state".*\}$/m, SAID_MS)) as WitnessSaid;
      return { said, own: reports ? await MEASURED.one(() => ownReport(lab, app)) : null };
    } finally {
      for (const { process } of programs) process.kill('SIGKILL');
    }
  }

  async remove(): Promise<void> {
    await Promise.all([this.#platform.remove(), this.#guests.remove()]);
  }
}

async function ownReport(lab: Lab, app: Program): Promise<GuestReport> {
  await lab.sh('cli', `: >${TURN}`);
  return JSON.parse(await app.says(/^\{"colourMs".*\}$/m, SAID_MS)) as GuestReport;
}
