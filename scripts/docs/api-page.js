// The platform's API as files: the OpenAPI document, and the page that is read.

/** The document of a running platform, as text. @param Platform - the class, compiled or not */
export async function apiDocument(Platform) {
  const dashboard = { port: 0, unsafeWithoutLogin: true };
  const platform = await Platform.start({ dataDir: ':memory:', port: 0, dashboard });
  try {
    return await (await fetch(new URL('/api/v1/openapi.json', platform.dashboardUrl))).text();
  } finally {
    await platform.stop();
  }
}

/** The page. @param text - the document */
export function apiMarkdown(text) {
  const { info, tags, paths, components } = JSON.parse(text);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
    })),
  );
  const parts = tags.map(({ name, description }) => {
    const own = operations.filter((operation) => operation.tags[0] === name);
    return `## ${capital(name)}\n\n${description}.\n\n${own.map(operationText).join('\n')}`;
  });
  const schemas = Object.entries(components.schemas).map(schemaText);
  return [
    '# The API of the platform, operation by operation\n',
    '<!-- made by `npm run docs` from the schemas that check the requests -->\n',
    `How to use it: [guide](guides/api.md). The same for programs: \`/api/v1/openapi.json\` of a running platform, or
\`iroh-net-diagnostics-platform/openapi.json\` in the package.\n`,
    `${info.description}\n`,
    ...parts,
    `## Schemas\n\n${schemas.join('\n')}`,
  ].join('\n');
}

function operationText({
  method,
  path,
  summary,
  description,
  parameters = [],
  requestBody,
  responses,
  ...operation
}) {
  const needs = operation['x-permission'];
  const lines = [`### ${method} ${path}\n`, `${summary}. ${needsText(needs)}\n`];
  if (description !== undefined) lines.push(`${description}\n`);
  const rows = parameters
    .filter(({ in: place }) => place === 'query')
    .map(({ name, required, schema, description: what }) => [name, typeText(schema), required, what ?? '']);
  if (rows.length > 0) lines.push(table('in the query', rows));
  const body = requestBody?.content['application/json'].schema;
  if (body !== undefined) lines.push(table('in the body', membersOf(body)));
  for (const [status, { content }] of Object.entries(responses)) {
    if (status !== 'default') lines.push(`Answers ${status}${answerText(content)}.\n`);
  }
  return lines.join('\n');
}

function needsText(needs) {
  if (needs === 'anybody') return 'For anybody.';
  return needs === 'signed-in' ? 'For everybody who is signed in, and for tokens.' : `Needs \`${needs}\`.`;
}

function answerText(content = {}) {
  const [[type, { schema } = {}] = []] = Object.entries(content);
  if (type === undefined) return '';
  if (type !== 'application/json') return `, \`${type}\``;
  if (schema.$ref === undefined && schema.properties === undefined) return '';
  if (schema.$ref !== undefined) return ` with ${typeText(schema)}`;
  const members = membersOf(schema).map(([name, what]) => `\`${name}\` (${what})`);
  return ` with ${members.join(', ')}`;
}

function schemaText([name, schema]) {
  const { description, anyOf } = schema;
  const lines = [`### ${name}\n`];
  if (description !== undefined) lines.push(`${description}\n`);
  for (const one of anyOf ?? [schema]) {
    const rows = membersOf(one);
    lines.push(rows.length === 0 ? `${typeText(one)}\n` : table('member', rows));
  }
  return lines.join('\n');
}

/** Of an object, and of the objects in it: name, type, whether it is always there, what it is. */
function membersOf(schema, before = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const { inner, isList } = objectIn(member);
    const isAlways = (schema.required ?? []).includes(name);
    const path = `${before}${name}`;
    const row = [path, typeText(member), isAlways, descriptionOf(member)];
    return [row, ...(inner === null ? [] : membersOf(inner, `${path}${isList ? '[]' : ''}.`))];
  });
}

/** The object that stands in a member itself, in a list or beside `null`. */
function objectIn(schema) {
  if (schema.properties !== undefined) return { inner: schema, isList: false };
  if (schema.items?.properties !== undefined) return { inner: schema.items, isList: true };
  const [one] = (schema.anyOf ?? []).filter(({ type }) => type !== 'null');
  return one?.properties === undefined || schema.anyOf.length > 2
    ? { inner: null, isList: false }
    : { inner: one, isList: false };
}

function descriptionOf({ description, anyOf = [] }) {
  return description ?? anyOf.map((one) => one.description).find((text) => text !== undefined) ?? '';
}

function typeText(schema) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').pop();
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(' ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  const limits = [
    schema.minimum > 0 || schema.maximum < 1e6 ? `${schema.minimum ?? ''}–${schema.maximum ?? ''}` : '',
    schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`,
    schema.default === undefined ? '' : `default ${schema.default}`,
  ].filter((text) => text !== '');
  return `${schema.type ?? 'anything'}${limits.length === 0 ? '' : ` (${limits.join(', ')})`}`;
}

function table(what, rows) {
  const lines = rows.map(
    ([name, type, isAlways, description]) =>
      `| \`${name}\`${isAlways ? '' : ' (optional)'} | ${cell(type)} | ${cell(description)} |`,
  );
  return [`| ${what} | | |`, '| --- | --- | --- |', ...lines, ''].join('\n');
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
