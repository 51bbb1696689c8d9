import { Addresses } from '../components/addresses.js';
import { Facts } from '../components/facts.js';
import { Relays } from '../components/relays.js';
import { Verdict } from '../components/verdict.js';
import type { ReportJson } from './answers.js';
import { CopyButton } from './copy-button.js';

/** A wire report. `about`: a line that says where it came from. */
export function Report({ report: { view, raw }, about }: { report: ReportJson; about: string }) {
  return (
    <div id="report" class="report">
      <Verdict view={view}>{about}</Verdict>
      <div class="groups">
        <Facts title="IPv4" facts={view.ipv4} />
        <Facts title="IPv6" facts={view.ipv6} />
        <div class="stack">
          <Facts title="Network" facts={view.network} />
          <Facts title="Versions" facts={view.versions} />
        </div>
      </div>
      {view.relays.length > 0 && (
        <section>
          <h3 class="title">Relay latency</h3>
          <Relays relays={view.relays} />
        </section>
      )}
      {view.directAddrs.length > 0 && (
        <section>
          <h3 class="title">Direct addresses</h3>
          <Addresses addresses={view.directAddrs} />
        </section>
      )}
      <Raw text={JSON.stringify(raw, null, 2)} />
    </div>
  );
}

function Raw({ text }: { text: string }) {
  return (
    <details>
      <summary>Raw report</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and is read by keyboard alone */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text}>Copy JSON</CopyButton>
    </details>
  );
}
