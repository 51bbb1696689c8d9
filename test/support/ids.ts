import type { EndpointId } from '../../lib/wire/index.js';

/** A text in an id's place, where ids are only looked up and shown: it need be nobody's key. */
export const madeUpId = (text: string): EndpointId => text as EndpointId;
