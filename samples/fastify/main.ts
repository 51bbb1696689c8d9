import { fastify } from 'fastify';
import { netDiagnostics } from 'iroh-net-diagnostics/fastify';

async function main(): Promise<void> {
  const app = fastify({ logger: true });
  // The rest comes from the environment: IROH_SERVICES_API_SECRET, NET_DIAGNOSTICS_NAME and so on.
  await app.register(netDiagnostics, {
    prefix: '/net-diagnostics',
    // The page, for a browser on this machine. In production it stays closed until you use `authorize` instead.
    http: { access: 'loopback' },
  });

  // The whole `status()` names the endpoint and its platform: show it only to your operators, behind a login.
  app.get('/', () => {
    const { state, reason, grant } = app.netDiagnostics.status();
    return { state, reason, grant: grant.state };
  });

  const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
  console.log(`The app listens on ${url}`);
  // Ctrl-C and SIGTERM end the session with the platform in an orderly way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
