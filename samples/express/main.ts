import type { AddressInfo } from 'node:net';
import express from 'express';
import { netDiagnostics } from 'iroh-net-diagnostics/express';

const app = express();
// The rest comes from the environment: IROH_SERVICES_API_SECRET, NET_DIAGNOSTICS_NAME and so on.
const diagnostics = netDiagnostics({
  // The page, for a browser on this machine. In production: `authorize`.
  http: { access: 'loopback' },
});
app.use('/net-diagnostics', diagnostics);

// It names the endpoint and its platform: in an app of your own, put a login before it.
app.get('/', (_request, response) => {
  response.json(diagnostics.status());
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`The app listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
// Ctrl-C and SIGTERM close the server, and with it the session with the platform in an orderly way.
diagnostics.stopWith(server);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
