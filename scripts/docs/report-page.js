// The reference of the local report, from its JSON schema.

/** Titles of the objects, in the order of the page; a test holds it to the schema. */
const TITLES = {
  '': 'The report',
  summary: 'Summary',
  verdict: 'Verdict',
  family: 'Family verdict',
  fact: 'Fact',
  publicAddress: 'Public address',
  natType: 'NAT type',
  peerVerdict: 'Peer verdict',
  upstreamNat: 'Upstream NAT',
  relay: 'Relay verdict',
  relayProblem: 'Relay problem',
  portMappings: 'Port mapping verdict',
  settings: 'Settings of the run',
  relayTarget: 'Relay target',
  endpoint: 'Endpoint',
  directAddr: 'Direct address',
  probe: 'Probe run',
  probeError: 'Probe error',
  observation: 'Observation',
  route: 'Route',
  latency: 'Latency',
  address: 'Observed address',
  silence: 'Silence',
  refusal: 'Refusal',
  quic: 'QUIC',
  unresolved: 'Unresolved name',
  relayAccess: 'Relay access',
  homeRelay: 'Home relay',
  name: 'Name',
  portal: 'Captive-portal answer',
  interception: 'TLS interception',
  path: 'Path',
  triedPeer: 'A peer that was tried',
  portMapping: 'Port mapping answer',
  stunAnswer: 'STUN answer',
  filtering: 'Filtering',
  viaProxy: 'Latency through a proxy',
};

/** Markdown of the whole schema: one table an object, one for the kinds of text. */
export function reportMarkdown(schema) {
  const { $defs } = schema;
  const objects = Object.keys($defs).filter((name) => $defs[name].type === 'object');
  const missing = objects.filter((name) => TITLES[name] === undefined);
  if (missing.length > 0)
    throw new Error(`scripts/docs/report-page.js has no title for: ${missing.join(', ')}`);
  const sections = Object.entries(TITLES).map(([name, title]) =>
    objectSection(title, name === '' ? schema : $defs[name], $defs),
  );
  return `\n${[...sections, wordsSection($defs)].join('\n')}`;
}

function objectSection(title, schema, $defs) {
  const rows = Object.entries(schema.properties).map(([name, member]) => {
    const isOptional = !schema.required.includes(name);
    return [`\`${name}\`${isOptional ? ' (may lack)' : ''}`, typeOf(member, $defs), meaningOf(member, $defs)];
  });
  return `## ${title}\n\n${schema.description}\n\n${table(['field', 'type', 'meaning'], rows)}`;
}

/** The kinds that are no objects, and are not written out where they are used. */
function wordsSection($defs) {
  const rows = Object.entries($defs)
    .filter(([, { type }]) => type === 'string')
    .map(([name, { description }]) => [name, description]);
  return `## Kinds of text\n\nAll are strings. \`redactReport\` decides by these kinds what stays.\n\n${table(['kind', 'meaning'], rows)}`;
}

function typeOf(schema, $defs) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/$defs/', '');
    const target = $defs[name];
    if (target.type === 'object')
      return `[${TITLES[name]}](#${TITLES[name].toLowerCase().replaceAll(' ', '-')})`;
    return target.type === 'string' ? `[${name}](#kinds-of-text)` : typeOf(target, $defs);
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map((choice) => typeOf(choice, $defs)).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items, $defs)}`;
  if (schema.enum !== undefined) return schema.enum.map(value).join(', ');
  if (schema.const !== undefined) return value(schema.const);
  if (schema.type === 'object') {
    return schema.properties === undefined
      ? `object of ${typeOf(schema.additionalProperties, $defs)}`
      : judgedOf(schema, $defs);
  }
  return schema.type;
}

/** A conclusion is written out where it is used: readers look for its values. */
function judgedOf({ properties }, $defs) {
  return `{ \`value\`: ${typeOf(properties.value, $defs)}; \`reason\`, \`evidence\` as in [Fact](#fact) }`;
}

function meaningOf(schema, $defs) {
  const inner = schema.properties?.value?.description;
  const target = schema.$ref === undefined ? undefined : $defs[schema.$ref.replace('#/$defs/', '')];
  const values = target?.enum === undefined ? undefined : target.description;
  return [schema.description, inner, values].filter((text) => text !== undefined).join(' ');
}

const value = (constant) => (constant === null ? '`null`' : `\`${constant}\``);

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}
