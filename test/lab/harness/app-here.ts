// Runs inside a lab's namespace as a program of its own: an Express app with our routes.
import type { AddressInfo } from 'node:net';
import express from 'express';
import { resolveSettings } from '../../../lib/core.js';
import { createHttpHandler } from '../../../lib/http/index.js';
import { NetDiagnostics } from '../../../lib/index.js';
import { isPublicAddress } from './lab-internet.js';

/** What the program is told, as JSON. */
export interface AppHere {
  name: string;
  apiSecret: string;
  relays: readonly string[];
  stun: readonly string[];
  /** PEM certificates in the place of Mozilla's roots. */
  roots: readonly string[];
}

/** What it says when the platform has its grant, as JSON. */
export interface AppReady {
  pageUrl: string;
}

const { roots, ...settings } = JSON.parse(process.argv[2] ?? '') as AppHere;
// Each press of the button measures anew.
const options = { ...settings, network: 'minimal', reuse: 0, http: { access: 'loopback' } } as const;
const environment = { bundledRoots: roots, env: {} };
const diagnostics = NetDiagnostics.start(options, {}, { surroundings: { isPublicAddress, environment } });
const routes = createHttpHandler(diagnostics, resolveSettings(options, {}).http);
const app = express();
app.use('/net-diagnostics', (request, response, next) => routes.handle(request, response, next));
const server = app.listen(0, '127.0.0.1', async () => {
  const { grant } = await diagnostics.ready();
  if (grant.state !== 'granted') throw new Error(`the grant is ${grant.state}`);
  console.log(
    JSON.stringify({
      pageUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/net-diagnostics/`,
    }),
  );
});
