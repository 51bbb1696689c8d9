import { renderToStaticMarkup as render } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { Facts } from '../../web/components/facts.js';
import { Guard } from '../../web/components/guard.js';
import { Relays } from '../../web/components/relays.js';
import { Verdict } from '../../web/components/verdict.js';
import type { Fact, RelayRow } from '../../web/words/view.js';

const TRAP = '<img src=x onerror="alert(1)">';
const fact = (over: Partial<Fact> = {}): Fact => ({
  label: 'UDP',
  value: 'Works',
  tone: 'good',
  hint: '',
  reasons: [],
  ...over,
});
const relay = (over: Partial<RelayRow> = {}): RelayRow => ({
  url: 'https://relay.test/',
  host: 'relay.test',
  isPreferred: false,
  ipv4Ms: null,
  ipv6Ms: null,
  httpsMs: null,
  ...over,
});

describe('a verdict', () => {
  const view = { level: 'red', headline: 'Red: relayed', sentence: 'UDP is blocked.' } as const;

  it('has the colour also as a sign and as a word', () => {
    const html = render(<Verdict view={{ ...view, nextSteps: [] }} />);
    expect(html).toMatch(
      /class="verdict red".*<svg class="sign".*<h3>Red: relayed<\/h3><p>UDP is blocked\.<\/p>/,
    );
    expect(html).not.toMatch(/class="next"|class="small muted"/);
  });

  it('says what to do, and where it came from', () => {
    const html = render(
      <Verdict view={{ ...view, nextSteps: ['Ask for UDP.', 'Ask again.'] }}>just now</Verdict>,
    );
    expect(html).toContain('<ul class="next"><li>Ask for UDP.</li><li>Ask again.</li></ul>');
    expect(html).toContain('<p class="small muted">just now</p>');
  });
});

describe('facts', () => {
  it('are nothing when there are none', () => {
    expect(render(<Facts title="IPv6" facts={[]} />)).toBe('');
  });

  it('have no fold when nothing is behind it', () => {
    const html = render(<Facts title="IPv4" facts={[fact({ hint: 'As it should.' })]} />);
    expect(html).toContain('<dt>UDP</dt><dd class="good">Works</dd><dd class="hint">As it should.</dd>');
    expect(html).not.toContain('<details');
  });

  it('give their reasons, and as much evidence as one reads', () => {
    const evidence = Array.from({ length: 11 }, (_, index) => `HTTPS relay${index}.test`);
    const reasons = [{ label: 'UDP', reason: 'It answered.', evidence }];
    const html = render(<Facts title="IPv4" facts={[fact({ reasons })]} />);
    expect(html).toContain('Why?<span class="visually-hidden"> Evidence for IPv4</span>');
    expect(html.match(/<li>HTTPS/g)).toHaveLength(8);
    expect(html).toContain('<li>and 3 more</li>');
  });

  it('show what strangers wrote as text', () => {
    const reasons = [{ label: TRAP, reason: TRAP, evidence: [TRAP] }];
    const html = render(
      <Facts title={TRAP} facts={[fact({ label: TRAP, value: TRAP, hint: TRAP, reasons })]} />,
    );
    expect(html).not.toContain('<img');
    expect(html.match(/&lt;img/g)?.length).toBeGreaterThanOrEqual(7);
  });
});

describe('relays', () => {
  it('have a bar for each latency, measured against the slowest of all', () => {
    const html = render(
      <Relays
        relays={[relay({ ipv4Ms: 20, httpsMs: 40, isPreferred: true }), relay({ url: 'b', ipv6Ms: 0.1 })]}
      />,
    );
    expect([...html.matchAll(/class="fill" x="0%" width="([^"]+)"/g)].map(([, width]) => width)).toEqual([
      '50%',
      '100%',
      '2%',
    ]);
    expect(html).toContain('<span class="ms">0.10 ms</span>');
    expect(html.match(/Preferred/g)).toHaveLength(1);
  });

  it('say so when nothing was measured', () => {
    expect(render(<Relays relays={[relay()]} />)).toContain('No latency measured.');
  });
});

describe('a guard (what it does when something breaks: test/browser/hostile-values.test.ts)', () => {
  it('shows what it guards', () => {
    const html = render(
      <Guard of={1} instead={(message) => <p>{message}</p>}>
        <b>fine</b>
      </Guard>,
    );
    expect(html).toBe('<b>fine</b>');
  });
});
