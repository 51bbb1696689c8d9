import type { FastifyInstance } from 'fastify';
import type { Health } from './health.js';
import type { PlatformMetrics } from './platform-metrics.js';

/** What {@link addObserved} shows. */
export interface Observed {
  health: Health;
  metrics: PlatformMetrics;
  /** Whether everybody may read the metrics. */
  areMetricsPublic: boolean;
}

/** Adds what programs ask that look after the platform. They ask by any name: an address, a service's name in a cluster. */
export function addObserved(app: FastifyInstance, { health, metrics, areMetricsPublic }: Observed): void {
  // The process runs, and that is all it says: who restarts it when the database is away ends its sessions for nothing.
  app.get('/livez', { config: { needs: 'anybody', anyHost: true } }, (_request, reply) =>
    reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('alive\n'),
  );
  app.get('/readyz', { config: { needs: 'anybody', anyHost: true } }, async (_request, reply) => {
    const why = await health.unreadiness();
    reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8');
    return why === null ? 'ready\n' : reply.code(503).send(`not ready: ${why}\n`);
  });
  const needs = areMetricsPublic ? 'anybody' : 'platform:read';
  app.get('/metrics', { config: { needs, anyHost: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-store').type(metrics.contentType);
    return metrics.text();
  });
}
