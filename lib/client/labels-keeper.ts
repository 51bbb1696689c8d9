import { type Clock, notify, type Sleep, systemClock, systemSleep } from '../async/index.js';
import type { Attributes } from '../wire/index.js';
import { Generation, type LabelRequest } from './generation.js';
import { Label, type LabelState } from './label.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';
import type { OnlineSession } from './online-session.js';
import type { RemoteError } from './remote-error.js';

/** Options of a {@link LabelsKeeper}. `null`: nothing is sent. */
export interface LabelsKeeperOptions {
  /** 2 to 128 bytes of UTF-8. */
  name?: string | null | undefined;
  /** 2 to 128 bytes of UTF-8. */
  group?: string | null | undefined;
  /** They replace all attributes that the platform has; an empty set removes all. */
  attributes?: Attributes | null | undefined;
  limits?: Partial<ClientLimits> | undefined;
  clock?: Clock | undefined;
  sleep?: Sleep | undefined;
  /** 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  random?: (() => number) | undefined;
  /** Called when the platform does not accept a value. */
  onRefused?: ((request: LabelRequest['type'], error: RemoteError) => void) | undefined;
  /** Called once if the platform knows neither groups nor attributes. */
  onUnsupported?: (() => void) | undefined;
  /** Called on every change of a state. */
  onState?: (() => void) | undefined;
}

/** The state of each label of the endpoint. */
export interface LabelStates {
  name: LabelState;
  group: LabelState;
  attributes: LabelState;
}

/**
 * Tells the platform the endpoint's name, its group and its attributes, in this order. They are sent on every new
 * connection (a platform may come back with an empty memory), and when one of them changes.
 */
export class LabelsKeeper {
  readonly name: Label<string>;
  readonly group: Label<string>;
  readonly attributes: Label<Attributes>;

  constructor(options: LabelsKeeperOptions) {
    const { name = null, group = null, attributes = null, onRefused, onUnsupported, onState } = options;
    const clock = options.clock ?? systemClock;
    const context = {
      generation: new Generation(clock, () => notify(onUnsupported)),
      limits: { ...DEFAULT_CLIENT_LIMITS, ...options.limits },
      clock,
      sleep: options.sleep ?? systemSleep,
      random: options.random ?? Math.random,
      onRefused: (request: LabelRequest['type'], error: RemoteError) => onRefused?.(request, error),
      onState: () => onState?.(),
    };
    this.name = new Label(context, name, (value) => ({ type: 'name-endpoint', name: value }));
    this.group = new Label(context, group, (value) => ({ type: 'set-group', group: value }));
    this.attributes = new Label(context, attributes, (value) => ({
      type: 'set-attributes',
      attributes: value,
    }));
  }

  get states(): LabelStates {
    return { name: this.name.state, group: this.group.state, attributes: this.attributes.state };
  }

  /** The hook for `Session`. All three requests are queued at once, before those of later hooks. */
  readonly onOnline = async (session: OnlineSession): Promise<void> => {
    const all = [this.name, this.group, this.attributes].map((label) => label.online(session));
    const [trouble] = (await Promise.allSettled(all)).filter(({ status }) => status === 'rejected');
    if (trouble?.status === 'rejected') throw trouble.reason;
  };
}
