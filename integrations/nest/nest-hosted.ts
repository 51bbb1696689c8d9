import type { Type } from '@nestjs/common';
import type { Hosted } from '../shared/hosted.js';
import type { EventRelay } from './event-relay.js';

/** What the parts of one registered instance share. */
export interface NestHosted extends Hosted {
  relay: EventRelay;
  /** Its name among several; `undefined`: the one without a name. */
  instance: string | undefined;
  /** Without routes until the module gives it some. */
  controller: Type<unknown>;
}

/** Each registered module has its own under this token, and does not export it. */
export const NEST_HOSTED = Symbol.for('iroh-net-diagnostics:hosted');
