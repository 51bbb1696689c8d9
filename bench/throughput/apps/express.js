import express from 'express';
import { netDiagnostics } from 'iroh-net-diagnostics/express';

/** @returns the port, and what tells the state of the diagnostics */
export async function start(isMounted) {
  const app = express();
  const diagnostics = isMounted ? netDiagnostics({ logger: false, http: { access: 'loopback' } }) : null;
  if (diagnostics) app.use('/net-diagnostics', diagnostics);
  app.get('/hello', (_request, response) => {
    response.json({ hello: 'world' });
  });
  const port = await new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
  return { port, diagnostics };
}
