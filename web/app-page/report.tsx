import type { ComponentChildren } from 'preact';
import type { LocalReport } from '../../lib/index.js';
import { Addresses } from '../components/addresses.js';
import { Facts } from '../components/facts.js';
import { Relays } from '../components/relays.js';
import { type EndpointView, viewLocalReport } from '../words/local-report.js';
import { viewProbes } from '../words/probes.js';
import { Timings } from './timings.js';

/** What was measured, below its verdict. What the user has unfolded stays unfolded when another report comes. */
export function Report({ report }: { report: LocalReport }) {
  const { ipv4, ipv6, network, notes, relays, endpoint } = viewLocalReport(report);
  return (
    <>
      <Section title="NAT and network">
        <div class="groups">
          <Facts title="IPv4" facts={ipv4} />
          <Facts title="IPv6" facts={ipv6} />
          <Facts title="Network" facts={network} />
        </div>
        {notes.length > 0 && (
          <ul class="notes small muted">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Relay latency">
        {relays.length > 0 ? <Relays relays={relays} /> : <p class="muted">No relays were asked.</p>}
      </Section>
      {endpoint !== null && (
        <Section title="Endpoint">
          <Endpoint endpoint={endpoint} />
        </Section>
      )}
      <Section title="Timings">
        <Timings {...viewProbes(report)} />
      </Section>
    </>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Endpoint({ endpoint: { facts, addresses, paths } }: { endpoint: EndpointView }) {
  return (
    <>
      <div class="groups">
        <Facts title="Identity" facts={facts} />
        <section class="group">
          <h3>Live paths</h3>
          <Paths paths={paths} />
        </section>
      </div>
      {addresses.length > 0 && (
        <section class="group below">
          <h3>Direct addresses</h3>
          <Addresses addresses={addresses} />
        </section>
      )}
    </>
  );
}

function Paths({ paths }: Pick<EndpointView, 'paths'>) {
  if (paths.length === 0) return <p class="small muted">None are open.</p>;
  return (
    <ul class="paths">
      {paths.map(({ remoteAddr, kind, level }) => (
        <li key={remoteAddr}>
          <span class={`chip ${level}`}>{kind}</span>
          <span class="mono">{remoteAddr}</span>
        </li>
      ))}
    </ul>
  );
}
