import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { originOf, TOKEN } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { Prometheus, prometheusAvailable, promtool } from '../../support/prometheus.js';
import { Stage } from '../stage.js';
import { busyPlatform } from './busy-platform.js';

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

const DASHBOARD = JSON.parse(readFileSync('docs/grafana/platform.json', 'utf8')) as { panels: Panel[] };
/** Where the platform does not speak TLS itself. */
const WITHOUT_TLS = /tls_certificate/;

const stage = new Stage();
let prometheus: Prometheus | undefined;
afterEach(async () => {
  await prometheus?.stop();
  prometheus = undefined;
  await stage.close();
});

describe.runIf(prometheusAvailable())('Prometheus', () => {
  it('scrapes a platform with a token, and answers each query of the Grafana dashboard', {
    timeout: 120_000,
  }, async () => {
    const platform = await busyPlatform(stage);
    const scraping = await Prometheus.start(Number(new URL(originOf(platform)).port), TOKEN);
    prometheus = scraping;
    await until(async () => (await scraping.query('up == 1')).length === 1, 10_000);
    const queries = DASHBOARD.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(25);
    const unanswered = async () => {
      const answers = await Promise.all(
        queries.map(async (query) => {
          const asked = query.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
          return (await scraping.query(asked)).length > 0 ? [] : [query];
        }),
      );
      return answers.flat();
    };
    await until(async () => (await unanswered()).every((query) => WITHOUT_TLS.test(query)), 30_000).catch(
      () => {},
    );
    expect((await unanswered()).filter((query) => !WITHOUT_TLS.test(query))).toEqual([]);
  });

  it('takes the alerts, which come when they should and not before', async () => {
    expect(await promtool(['check', 'rules', 'docs/grafana/alerts.yaml'])).toMatchObject({ code: 0 });
    const tried = await promtool(['test', 'rules', 'test/platform/observe/alerts.yaml']);
    expect(tried, tried.output).toMatchObject({ code: 0 });
  });
});
