import { parseArgs } from 'node:util';
import { NetDiagnosticsError } from '../errors.js';
import { API_SECRET_ENV_VAR_NAME } from '../wire/index.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { type SecretFacts, secretFacts } from './secret-facts.js';
import { readSecret, SECRET_HELP, SECRET_OPTIONS, secretSource } from './secret-source.js';
import { parsing } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics secret inspect [-] [options]

Shows what an API secret holds: the id of its key, and the platform's id, relays and addresses. Never the key:
the output may be passed on. Nothing is contacted.

${SECRET_HELP}

  --json    one JSON document

Examples:
  iroh-net-diagnostics secret inspect
  iroh-net-diagnostics secret inspect --secret-file app.env --json
  vault read -field=secret app/iroh | iroh-net-diagnostics secret inspect -

Exit codes: 0 shown, 1 no secret or a malformed one, ${EXIT.usage} wrong words
`;

const OPTIONS = { ...SECRET_OPTIONS, json: { type: 'boolean', default: false } } as const;

/** Shows a secret without its key. */
export const secretInspectCommand: Command = {
  help: HELP,
  run: async (words, shell) => {
    const { values, positionals } = parsing(OPTIONS, () =>
      parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true }),
    );
    const secret = await readSecret(secretSource(positionals, values['secret-file']), shell);
    if (secret === null) {
      throw new NetDiagnosticsError(
        'ERR_API_SECRET',
        `There is no API secret: set ${API_SECRET_ENV_VAR_NAME}, give --secret-file FILE, or pipe it in with "-".`,
      );
    }
    const facts = secretFacts(secret);
    shell.out(values.json ? `${JSON.stringify(facts, null, 2)}\n` : text(facts));
    return EXIT.ok;
  },
};

function text({ version, keyId, platform }: SecretFacts): string {
  const rows = [
    ['Version', [String(version)]],
    ['Key id', [keyId]],
    ['Platform', [platform.id]],
    ['Relays', platform.relays],
    ['Addresses', platform.addrs],
  ] as const;
  return rows
    .map(
      ([name, items]) =>
        `${name.padEnd(10)} ${items.length === 0 ? 'none' : items.join(`\n${' '.repeat(11)}`)}\n`,
    )
    .join('');
}
