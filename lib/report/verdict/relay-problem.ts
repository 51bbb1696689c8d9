import { isLocalHost, leadsNowhere } from '../../wire/index.js';
import type { NameSeen, RelayAccessSeen } from '../observation.js';
import type { Fact, ProbeRecord, RelayProblem, RelayProblemKind, RelayVerdict } from '../types.js';
import { refsOf, type Seen, seen } from './seen.js';
import { bareHost, hostOf } from './witnesses.js';

/** Codes that mean: this process may open no more files, so no more sockets either. */
const FILE_LIMITS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

const EXPIRED: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED']);
const EARLY: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID']);
const WRONG_NAME: ReadonlySet<string> = new Set(['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH']);
/** The connection ended in the handshake, before any certificate was judged. OpenSSL's own start with ERR_SSL. */
const CUT_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'EPROTO']);
const TIMEOUTS: ReadonlySet<string> = new Set(['NO_ANSWER', 'DEADLINE', 'ETIMEDOUT', 'DNS_SILENT']);
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'NO_ADDRESS']);
const NO_ROUTES: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL']);

/**
 * Why iroh can use none of the relays: the cause that must be fixed first. Null: a relay can be used, or no cause was
 * found.
 */
export function findRelayProblem(
  records: readonly ProbeRecord[],
  urls: readonly string[],
  relays: readonly RelayVerdict[],
  anyRelay: Fact,
): RelayProblem | null {
  if (anyRelay.value === 'yes' || urls.length === 0) return null;
  return (
    tooManyFiles(records) ??
    badChoice(relays, anyRelay) ??
    // Checked before the names. Behind a proxy, the proxy looks names up, so this machine may not be able to, and
    // need not.
    proxyOnly(records) ??
    nameProblem(records, urls) ??
    accessProblem(records) ??
    null
  );
}

function badChoice(relays: readonly RelayVerdict[], { reason, evidence }: Fact): RelayProblem | null {
  const isChoice = relays.some(({ usable }) => usable.value === 'yes');
  return isChoice ? { kind: 'picked-unusable', reason, evidence } : null;
}

function tooManyFiles(records: readonly ProbeRecord[]): RelayProblem | null {
  const refused = records.filter(({ error }) => error !== undefined && FILE_LIMITS.has(error.code));
  if (refused.length === 0) return null;
  return {
    kind: 'too-many-files',
    reason: `this process may open no more files (${refused[0]?.error?.code})`,
    evidence: refused.map(({ ref }) => ref),
  };
}

/** What is wrong with the names, if it is wrong with all of them. With one good name iroh can work. */
function nameProblem(records: readonly ProbeRecord[], urls: readonly string[]): RelayProblem | null {
  // A server answered at an address, so its name was found; what the server said tells more.
  if (seen(records, 'access').some(({ part }) => part.stage !== 'name' && part.stage !== 'connect'))
    return null;
  const names = seen(records, 'names');
  const each = urls.map((url) => names.filter(({ part }) => part.host === bareHost(url)));
  if (each.some((families) => families.length === 0 || families.some(leadsSomewhere))) return null;
  const all = each.flat();
  const has = (test: (name: NameSeen) => boolean) => all.some(({ part }) => test(part));
  const kind: RelayProblemKind = has(({ result }) => result === 'found')
    ? 'names-lead-nowhere'
    : has(({ result }) => result === 'silent')
      ? 'name-server-silent'
      : has(({ result }) => result === 'failed')
        ? 'name-server-failed'
        : 'names-unknown';
  return {
    kind,
    reason: [...new Set(all.map(({ part }) => nameClause(part)))].join('; '),
    evidence: refsOf(all),
  };
}

function leadsSomewhere({ part: { host, result, ips } }: Seen<NameSeen>): boolean {
  return result === 'found' && ips.some((ip) => isLocalHost(host) || !leadsNowhere(ip));
}

function nameClause({ host, family, result, ips, code }: NameSeen): string {
  const why = code === undefined ? '' : ` (${code})`;
  const clauses = {
    found: `${host} leads to ${ips.join(', ')}`,
    none: `${host} has no IPv${family} address`,
    silent: `no name server told an IPv${family} address of ${host} in time${why}`,
    failed: `the look-up of ${host} failed${why}`,
  };
  return clauses[result];
}

function proxyOnly(records: readonly ProbeRecord[]): RelayProblem | null {
  const viaProxy = seen(records, 'viaProxy');
  const [first] = viaProxy;
  if (first === undefined) return null;
  const reason = `${viaProxy.map(({ part }) => hostOf(part.relayUrl)).join(' and ')} answered through ${first.part.proxy} alone`;
  return { kind: 'proxy-only', reason, evidence: refsOf(viaProxy) };
}

function accessProblem(records: readonly ProbeRecord[]): RelayProblem | null {
  const interceptions = seen(records, 'interceptions');
  const [intercepted] = interceptions;
  if (intercepted !== undefined) {
    const { relayUrl, issuer } = intercepted.part;
    return {
      kind: 'certificate-untrusted',
      reason: `the certificate of ${hostOf(relayUrl)} is signed by '${issuer}', which this machine trusts and iroh does not`,
      evidence: refsOf(interceptions),
    };
  }
  // A relay that had too little time for an answer is no problem that is known.
  const ended = seen(records, 'access').filter(
    ({ part }) => part.stage !== 'ready' && (part.code !== 'DEADLINE' || part.stage === 'name'),
  );
  // The relay that came furthest explains most. For example, a bad certificate says more than "no route over IPv6".
  const furthest = ended.toSorted((a, b) => STAGES.indexOf(b.part.stage) - STAGES.indexOf(a.part.stage));
  const [first] = furthest;
  if (first === undefined) return null;
  const { relayUrl, stage, code = '' } = first.part;
  const reason = `${hostOf(relayUrl)}: ${stage}${code === '' ? '' : `, ${code}`}`;
  return { kind: kindOf(first.part), reason, evidence: refsOf(ended) };
}

const STAGES: readonly RelayAccessSeen['stage'][] = ['name', 'connect', 'tls', 'upgrade', 'ready'];

function kindOf({ stage, code = '' }: RelayAccessSeen): RelayProblemKind {
  if (stage === 'upgrade') return TIMEOUTS.has(code) ? 'tls-hangs' : 'upgrade-refused';
  if (stage === 'name') {
    if (code === 'NAME_LEADS_NOWHERE') return 'names-lead-nowhere';
    if (TIMEOUTS.has(code)) return 'name-server-silent';
    return NO_SUCH_NAME.has(code) ? 'names-unknown' : 'name-server-failed';
  }
  if (stage === 'tls') {
    if (EXPIRED.has(code)) return 'certificate-expired';
    if (EARLY.has(code)) return 'certificate-early';
    if (WRONG_NAME.has(code)) return 'certificate-wrong-name';
    if (CUT_OFF.has(code) || code.startsWith('ERR_SSL')) return 'tls-broken';
    return TIMEOUTS.has(code) ? 'tls-hangs' : 'certificate-untrusted';
  }
  if (NO_ROUTES.has(code)) return 'no-route';
  return code === 'ECONNREFUSED' ? 'tcp-refused' : 'tcp-silent';
}
