// Finds the regular expressions of a file: literals, and `new RegExp` of texts that are constant in the file.
import { parseSync } from 'vite';

/**
 * @typedef {object} Found
 * @property {number} line
 * @property {string | null} source `null`: it is put together at run time
 * @property {string} flags
 */

/** @returns {Found[]} */
export function regexesIn(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const constants = constantsOf(program);
  const found = [];
  walk(program, (node) => {
    const at = { line: lineOf(text, node.start) };
    if (node.regex !== undefined) found.push({ ...at, source: node.regex.pattern, flags: node.regex.flags });
    else if (isRegExpCall(node)) found.push({ ...at, ...ofCall(node, constants) });
  });
  return found;
}

function isRegExpCall({ type, callee }) {
  return (
    (type === 'NewExpression' || type === 'CallExpression') &&
    callee.type === 'Identifier' &&
    callee.name === 'RegExp'
  );
}

function ofCall({ arguments: [source, flags] }, constants) {
  return {
    source: textOf(source, constants),
    flags: flags === undefined ? '' : (textOf(flags, constants) ?? ''),
  };
}

/** Top-level constants, and imported ones, for which the name is used in place of the text. */
function constantsOf({ body }) {
  const constants = new Map();
  for (const statement of body) {
    const { type, specifiers = [], declarations = [] } = statement.declaration ?? statement;
    if (type === 'ImportDeclaration') {
      for (const { local } of specifiers) {
        if (/^[A-Z\d_]+$/.test(local.name)) constants.set(local.name, local.name);
      }
    }
    for (const { id, init } of type === 'VariableDeclaration' ? declarations : []) {
      const text = init === null ? null : textOf(init, constants);
      if (id.type === 'Identifier' && text !== null) constants.set(id.name, text);
    }
  }
  return constants;
}

/** The text of a constant expression; `null` when it is not constant. */
function textOf(node, constants) {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : null;
    case 'Identifier':
      return constants.get(node.name) ?? null;
    case 'TemplateLiteral':
      return joined(node, 'cooked', constants);
    case 'TaggedTemplateExpression':
      return node.tag.property?.name === 'raw' ? joined(node.quasi, 'raw', constants) : null;
    case 'BinaryExpression': {
      const sides = [textOf(node.left, constants), textOf(node.right, constants)];
      return node.operator === '+' && !sides.includes(null) ? sides.join('') : null;
    }
    default:
      return null;
  }
}

function joined({ quasis, expressions }, form, constants) {
  const inserted = expressions.map((expression) => textOf(expression, constants));
  if (inserted.includes(null)) return null;
  return quasis.map(({ value }, index) => value[form] + (inserted[index] ?? '')).join('');
}

function walk(node, visit) {
  if (node === null || typeof node !== 'object') return;
  if (typeof node.type === 'string') visit(node);
  for (const child of Array.isArray(node) ? node : Object.values(node)) walk(child, visit);
}

function lineOf(text, offset) {
  return text.slice(0, offset).split('\n').length;
}
