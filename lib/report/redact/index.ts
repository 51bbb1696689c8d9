import { isIP } from 'node:net';
import { type JsonSchema, REPORT_SCHEMA } from '../schema/index.js';
import type { LocalReport } from '../types.js';
import { redactProse } from './prose.js';
import { Pseudonyms, redactHostPort, redactSocketAddress, redactUrl } from './pseudonyms.js';

/**
 * A copy of the report that can be passed on. IP addresses, host names (of relays too), endpoint ids, interfaces, and
 * names that strangers give themselves are replaced by tokens such as `private-ipv4-1`, in prose as well. In one
 * report the same value has the same token everywhere; in the next report it has another one. What stays: ports, the
 * kind of each address (`public`, `shared`, `private`), times, latencies, and every conclusion.
 *
 * Pure. The result still fits the schema and can be rendered; it cannot become a wire report.
 */
export function redactReport(local: LocalReport): LocalReport {
  const pseudonyms = new Pseudonyms();
  // First the texts that are one value: their host names are then known when prose contains them, even short ones.
  walk(local, REPORT_SCHEMA, (name, text) => {
    if (name !== 'text') return apply(name, text, pseudonyms);
    pseudonyms.noteShortIds(text);
    return text;
  });
  const redacted = walk(local, REPORT_SCHEMA, (name, text) => apply(name, text, pseudonyms));
  return redacted as LocalReport;
}

function apply(name: string, text: string, pseudonyms: Pseudonyms): string {
  const rule: Rule | undefined = RULES[name];
  return rule === undefined ? pseudonyms.token('text', text) : rule(text, pseudonyms);
}

type Replace = (name: string, text: string) => string;

/** A copy in which the rule of its kind replaced every text. What is not in the schema is left out. */
function walk(value: unknown, schema: JsonSchema, replace: Replace): unknown {
  const name = schema.$ref?.replace('#/$defs/', '');
  if (name !== undefined) {
    const target = REPORT_SCHEMA.$defs?.[name];
    if (typeof value === 'string' && target?.type === 'string') return replace(name, value);
    return target === undefined ? undefined : walk(value, target, replace);
  }
  const choice = schema.anyOf?.find((candidate) => isOfType(value, candidate));
  if (choice !== undefined) return walk(value, choice, replace);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? undefined : value.map((item) => walk(item, items, replace));
  }
  if (typeof value === 'object' && value !== null) return walkObject(value, schema, replace);
  // A word that the schema itself lists tells nothing about the machine. Any other text has a named kind.
  const isOwn = schema.enum?.includes(value as string) === true || schema.const === value;
  return typeof value === 'string' && !isOwn ? replace('', value) : value;
}

function walkObject(value: object, schema: JsonSchema, replace: Replace): unknown {
  const entries = Object.entries(value).flatMap(([key, member]) => {
    const known = Object.hasOwn(schema.properties ?? {}, key)
      ? schema.properties?.[key]
      : schema.additionalProperties;
    if (known === undefined) return [];
    const isOurs = known !== schema.additionalProperties;
    return [[isOurs ? key : replace('word', key), walk(member, known, replace)] as const];
  });
  return Object.fromEntries(entries);
}

function isOfType(value: unknown, schema: JsonSchema): boolean {
  const target =
    schema.$ref === undefined ? schema : REPORT_SCHEMA.$defs?.[schema.$ref.replace('#/$defs/', '')];
  if (target?.type === 'array') return Array.isArray(value);
  if (target?.type === 'null') return value === null;
  if (target?.type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === (target?.type === 'integer' ? 'number' : target?.type);
}

/** How texts of one kind are replaced. */
type Rule = (text: string, pseudonyms: Pseudonyms) => string;

/** Codes and names of programs. A dot is allowed only in a version. */
const WORD = /^[A-Za-z][\w-]{0,63}(\/\d[\w.-]{0,31})?$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** The rule for each kind of text in the schema. A text whose kind has no rule is replaced as a whole. */
const RULES: Readonly<Record<string, Rule>> = {
  word: (text, pseudonyms) => (WORD.test(text) ? text : pseudonyms.token('word', text)),
  timestamp: (text, pseudonyms) => (TIMESTAMP.test(text) ? text : pseudonyms.token('time', text)),
  text: redactProse,
  foreign: (text, pseudonyms) => pseudonyms.token('name', text),
  interface: (text, pseudonyms) => pseudonyms.token('interface', text),
  ip: (text, pseudonyms) => pseudonyms.ip(text),
  socketAddress: (text, pseudonyms) =>
    redactSocketAddress(text, pseudonyms) ?? pseudonyms.token('address', text),
  host: (text, pseudonyms) => pseudonyms.host(text),
  hostPort: redactHostPort,
  url: (text, pseudonyms) => redactUrl(text, pseudonyms),
  peer: (text, pseudonyms) =>
    redactSocketAddress(text, pseudonyms) ??
    (URL.canParse(text) ? redactUrl(text, pseudonyms) : pseudonyms.token('peer', text)),
  endpointId: (text, pseudonyms) => pseudonyms.endpoint(text),
  detail: redactDetail,
};

/** A detail can be any kind of text. Only words that tell nothing stay. */
function redactDetail(text: string, pseudonyms: Pseudonyms): string {
  if (['', 'none', 'yes', 'no', 'unknown'].includes(text)) return text;
  if (isIP(text) !== 0) return pseudonyms.ip(text);
  const address = redactSocketAddress(text, pseudonyms);
  if (address !== null) return address;
  return /^https?:\/\//.test(text) ? redactUrl(text, pseudonyms) : pseudonyms.token('text', text);
}
