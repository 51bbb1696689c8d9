import type { AddressInfo } from 'node:net';
import express from 'express';
import { netDiagnostics } from 'iroh-net-diagnostics/express';

const app = express();
// The rest comes from the environment: IROH_SERVICES_API_SECRET, NET_DIAGNOSTICS_NAME and so on.
const diagnostics = netDiagnostics({
  // The page, for a browser on this machine. In production it stays closed until you use `authorize` instead.
  http: { access: 'loopback' },
});
app.use('/net-diagnostics', diagnostics);

// The whole `status()` names the endpoint and its platform: show it only to your operators, behind a login.
app.get('/', (_request, response) => {
  const { state, reason, grant } = diagnostics.status();
  response.json({ state, reason, grant: grant.state });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error?: Error) => {
  if (error) throw error;
  console.log(`The app listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
// Ctrl-C and SIGTERM close the server, and then the session with the platform ends in an orderly way.
diagnostics.stopWith(server);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
