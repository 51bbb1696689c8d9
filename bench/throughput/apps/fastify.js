import { fastify } from 'fastify';
import { netDiagnostics } from 'iroh-net-diagnostics/fastify';

export async function start(isMounted) {
  const app = fastify();
  if (isMounted) {
    const options = { prefix: '/net-diagnostics', logger: false, http: { access: 'loopback' } };
    await app.register(netDiagnostics, options);
  }
  app.get('/hello', () => ({ hello: 'world' }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port, diagnostics: isMounted ? app.netDiagnostics : null };
}
