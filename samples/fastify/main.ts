import { fastify } from 'fastify';
import { netDiagnostics } from 'iroh-net-diagnostics/fastify';

async function main(): Promise<void> {
  const app = fastify({ logger: true });
  // The rest comes from the environment: IROH_SERVICES_API_SECRET, NET_DIAGNOSTICS_NAME and so on.
  await app.register(netDiagnostics, {
    prefix: '/net-diagnostics',
    // The page, for a browser on this machine. In production: `authorize`.
    http: { access: 'loopback' },
  });

  // It names the endpoint and its platform: in an app of your own, put a login before it.
  app.get('/', () => app.netDiagnostics.status());

  const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
  console.log(`The app listens on ${url}`);
  // Ctrl-C and SIGTERM end the session with the platform in an orderly way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
