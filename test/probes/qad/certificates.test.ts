import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../../lib/probes/qad/certificates/verify-chain.js';
import { TrustAnchors } from '../../../lib/probes/qad/index.js';
import { CA_EXTENSIONS, derOf, type Issued, LabCa } from './support/lab-ca.js';

const HOST = 'relay.test';
const DAY_MS = 86_400_000;

describe('a server’s chain', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const middle = ca.issue(root, 'Intermediate', { extensions: CA_EXTENSIONS });
  const leaf = ca.server(middle, HOST);
  afterAll(() => ca.remove());

  function check(
    chain: readonly Issued[],
    anchors: readonly Issued[] = [root],
    host = HOST,
    nowMs = Date.now(),
  ): string {
    const trust = new TrustAnchors(anchors.map(({ cert }) => cert));
    try {
      verifyChain(chain.map(derOf), { host, anchors: trust, nowMs });
      return 'trusted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }
  const leafWith = (...lines: string[]) =>
    ca.server(root, HOST, { extensions: [`subjectAltName=DNS:${HOST}`, ...lines] });
  /** A leaf below an intermediate with these extensions. */
  const below = (...lines: string[]) => {
    const issuer = ca.issue(root, 'Odd', { extensions: lines });
    return [ca.server(issuer, HOST), issuer];
  };

  it('straight from the root', () => expect(check([ca.server(root, HOST)])).toBe('trusted'));
  it('over an intermediate', () => expect(check([leaf, middle])).toBe('trusted'));
  it('with the root, and others in any order', () =>
    expect(check([leaf, ca.root('Other'), root, middle])).toBe('trusted'));
  it('self-signed and given as ca', () => {
    const self = ca.root(HOST, { extensions: [`subjectAltName=DNS:${HOST}`] });
    expect(check([self], [self])).toBe('trusted');
    expect(check([self])).toBe('QAD_CERT_UNTRUSTED');
  });
  it('for an IP address', () => {
    const ip = ca.server(root, '192.0.2.1');
    expect(check([ip], [root], '192.0.2.1')).toBe('trusted');
    expect(check([ip], [root], '192.0.2.2')).toBe('QAD_CERT_WRONG_NAME');
  });
  it('wildcards', () => {
    const wild = ca.server(root, '*.relay.test');
    expect(check([wild], [root], 'a.relay.test')).toBe('trusted');
    expect(check([wild], [root], 'a.b.relay.test')).toBe('QAD_CERT_WRONG_NAME');
  });

  it('wrong name', () => expect(check([leaf, middle], [root], 'other.test')).toBe('QAD_CERT_WRONG_NAME'));
  it('the common name does not count', () => {
    const bare = ca.issue(root, HOST, { extensions: ['subjectAltName=DNS:other.test'] });
    expect(check([bare])).toBe('QAD_CERT_WRONG_NAME');
  });
  it('expired, and not valid yet', () => {
    expect(check([leaf, middle], [root], HOST, Date.now() + 3 * DAY_MS)).toBe('QAD_CERT_EXPIRED');
    expect(check([leaf, middle], [root], HOST, Date.now() - DAY_MS)).toBe('QAD_CERT_NOT_YET_VALID');
  });
  it('only the intermediate expired', () => {
    const short = ca.issue(root, 'Short', { extensions: CA_EXTENSIONS, days: 1 });
    const chain = [ca.server(short, HOST, { days: 5 }), short];
    const longRoot = ca.root('Lab CA', { days: 9 });
    expect(check(chain, [longRoot, root], HOST, Date.now() + 1.5 * DAY_MS)).toBe('QAD_CERT_EXPIRED');
  });
  it('untrusted: another root, no intermediate, another key under the same name', () => {
    expect(check([leaf, middle], [ca.root('Other')])).toBe('QAD_CERT_UNTRUSTED');
    expect(check([leaf])).toBe('QAD_CERT_UNTRUSTED');
    expect(check([leaf, middle], [ca.root('Lab CA')])).toBe('QAD_CERT_UNTRUSTED');
    expect(check([leaf, middle], [ca.root('Lab CA'), root])).toBe('trusted');
  });
  it('an issuer that is no authority', () => {
    expect(check(below('basicConstraints=CA:FALSE'))).toBe('QAD_CERT_NOT_A_CA');
    expect(check(below('basicConstraints=CA:FALSE', 'keyUsage=keyCertSign'))).toBe('QAD_CERT_NOT_A_CA');
  });
  it('an issuer without keyCertSign', () => {
    expect(check(below('basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature'))).toBe(
      'QAD_CERT_NOT_A_CA',
    );
    expect(check(below('basicConstraints=critical,CA:TRUE'))).toBe('QAD_CERT_NOT_A_CA');
  });
  it('path length', () => {
    const tight = ca.root('Tight', {
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=keyCertSign'],
    });
    const under = ca.issue(tight, 'Under', { extensions: CA_EXTENSIONS });
    expect(check([ca.server(tight, HOST)], [tight])).toBe('trusted');
    expect(check([ca.server(under, HOST), under], [tight])).toBe('QAD_CERT_PATH_LENGTH');
  });
  it('name constraints, even where they would permit the name', () => {
    const constrained = [...CA_EXTENSIONS, 'nameConstraints=critical,permitted;DNS:relay.test'];
    expect(check(below(...constrained))).toBe('QAD_CERT_NAME_CONSTRAINTS');
  });
  it('a critical extension that is not understood', () => {
    expect(check([leafWith('1.2.3.4=critical,DER:0500')])).toBe('QAD_CERT_CRITICAL_EXTENSION');
    expect(check([leafWith('1.2.3.4=DER:0500')])).toBe('trusted');
    expect(check(below(...CA_EXTENSIONS, 'policyConstraints=critical,requireExplicitPolicy:0'))).toBe(
      'QAD_CERT_CRITICAL_EXTENSION',
    );
  });
  it('purposes', () => {
    expect(check([leafWith('extendedKeyUsage=clientAuth')])).toBe('QAD_CERT_WRONG_PURPOSE');
    expect(check([leafWith('extendedKeyUsage=serverAuth')])).toBe('trusted');
    expect(check([leafWith('keyUsage=keyEncipherment')])).toBe('QAD_CERT_WRONG_PURPOSE');
    expect(check(below(...CA_EXTENSIONS, 'extendedKeyUsage=emailProtection'))).toBe('QAD_CERT_WRONG_PURPOSE');
  });
  it('weak signatures and keys', () => {
    expect(check([ca.server(root, HOST, { digest: 'sha1' })])).toBe('QAD_CERT_WEAK_SIGNATURE');
    expect(check([ca.server(root, HOST, { key: 'rsa:1024' })])).toBe('QAD_CERT_WEAK_SIGNATURE');
  });
  it('what is not a certificate', () => {
    const anchors = new TrustAnchors([root.cert]);
    const verify = (der: Buffer) => () => verifyChain([der], { host: HOST, anchors, nowMs: Date.now() });
    const malformed = expect.objectContaining({ code: 'QAD_CERT_MALFORMED' });
    expect(verify(Buffer.alloc(0))).toThrow(malformed);
    expect(verify(Buffer.from(leaf.cert))).toThrow(malformed);
    expect(verify(Buffer.concat([derOf(leaf), Buffer.of(0)]))).toThrow(malformed);
  });
  it('a wilderness of equal names ends soon', () => {
    const cas = Array.from({ length: 9 }, () => ca.root('Maze'));
    const [first = root] = cas;
    const startedAt = performance.now();
    expect(check([ca.server(first, HOST), ...cas])).toBe('QAD_CERT_UNTRUSTED');
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('all of Mozilla’s roots can be found by name, at little cost', () => {
    const startedAt = performance.now();
    expect(new TrustAnchors(rootCertificates).size).toBe(rootCertificates.length);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
