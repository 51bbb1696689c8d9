import { type LabelState, LabelsKeeper } from '../client/index.js';
import { NetDiagnosticsError } from '../errors.js';
import type { SafeLogger } from '../logger.js';
import type { Settings } from '../options/index.js';
import type { Status } from '../status.js';
import { type Attributes, attributesFault, nameFault } from '../wire/index.js';
import type { Parts } from './parts.js';

/** Options of an {@link Introduction}. */
export interface IntroductionOptions {
  settings: Pick<Settings, 'name' | 'group' | 'attributes'>;
  parts: Pick<Parts, 'clientLimits' | 'clock' | 'sleep' | 'random'>;
  log: SafeLogger;
  /** Called on every change. */
  onState(): void;
}

/** The endpoint's name, group and attributes: first from the settings, then as the app sets them. Outlives connections. */
export class Introduction {
  readonly keeper: LabelsKeeper;
  readonly #onState: () => void;
  /** The platform's last answer, by request: the same answer again is not logged as a warning. */
  readonly #refusals = new Map<string, string>();

  constructor({ settings, parts, log, onState }: IntroductionOptions) {
    const { name, group, attributes } = settings;
    const { clientLimits: limits, clock, sleep, random } = parts;
    this.#onState = onState;
    this.keeper = new LabelsKeeper({
      name,
      group,
      attributes,
      limits,
      clock,
      sleep,
      random,
      onState,
      onRefused: (request, { message }) => {
        const level = this.#refusals.get(request) === message ? 'debug' : 'warn';
        this.#refusals.set(request, message);
        log[level](message, { event: 'request-refused', request });
      },
      onUnsupported: () =>
        log.debug('the platform is older than groups and attributes: they are left out', {
          event: 'labels-unsupported',
        }),
    });
  }

  get status(): Pick<Status, 'name' | 'group' | 'attributes' | 'labels'> {
    const { name, group, attributes, states } = this.keeper;
    return { name: name.value, group: group.value, attributes: attributes.value ?? {}, labels: states };
  }

  setName(name: string): Promise<LabelState> {
    assertName('name', name);
    return this.#told(this.keeper.name.set(name));
  }

  setGroup(group: string): Promise<LabelState> {
    assertName('group', group);
    return this.#told(this.keeper.group.set(group));
  }

  setAttributes(attributes: Attributes): Promise<LabelState> {
    const entries = Object.entries(attributes);
    const isText = entries.every(([, value]: [string, unknown]) => typeof value === 'string');
    // A copy: later changes of the app's own object must have no effect.
    const copy = Object.fromEntries(entries);
    const fault = isText ? attributesFault(copy) : 'every value has to be a text';
    if (fault !== null)
      throw new NetDiagnosticsError('ERR_SETTING', `These attributes will not do: ${fault}.`);
    return this.#told(this.keeper.attributes.set(copy));
  }

  setAttribute(key: string, value: string): Promise<LabelState> {
    return this.setAttributes({ ...this.keeper.attributes.value, [key]: value });
  }

  #told(setting: Promise<LabelState>): Promise<LabelState> {
    this.#onState();
    return setting;
  }
}

function assertName(what: string, text: unknown): asserts text is string {
  const fault = typeof text === 'string' ? nameFault(text) : 'has to be a text';
  if (fault !== null) throw new NetDiagnosticsError('ERR_SETTING', `The ${what} ${fault}.`);
}
