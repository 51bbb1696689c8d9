import { describeHost } from './behaviours.js';
import { fastifyHost } from './fastify-host.js';

describeHost(fastifyHost);
