import type { Type } from '@nestjs/common';
import type { Hosted } from '../shared/hosted.js';
import type { EventRelay } from './event-relay.js';

/** What the parts of one registered instance share. */
export interface NestHosted extends Hosted {
  relay: EventRelay;
  /** The instance's name; `undefined`: the instance without a name. */
  instance: string | undefined;
  /** It has no routes until the module adds them. */
  controller: Type<unknown>;
}

/** Each registered module provides its own value under this token, and does not export it. */
export const NEST_HOSTED = Symbol.for('iroh-net-diagnostics:hosted');
