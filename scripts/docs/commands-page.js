// Markdown of the command line's own help.

/** One row for each command, linked to its help on the page of {@link helpMarkdown}. */
export function commandsMarkdown(commands, page) {
  const rows = commands.map(
    ({ name, summary }) =>
      `| [\`npx iroh-net-diagnostics ${name}\`](${page}#${name.replaceAll(' ', '-')}) | ${summary} |\n`,
  );
  return `| command | |\n| --- | --- |\n${rows.join('')}`;
}

/** The same for the platform's program, which uses commander. */
export function platformCommandsMarkdown(program, page) {
  return ownCommands(program)
    .map(
      (command) =>
        `| [\`npx ${program.name()} ${command.name()}\`](${page}#${command.name()}) | ${command.summary()} |\n`,
    )
    .join('');
}

/** The `--help` of each of its commands, and of the commands under them. */
export function platformHelpMarkdown(program) {
  return ownCommands(program)
    .flatMap((command) => [
      platformHelpSection('###', command, command.name()),
      ...ownCommands(command).map((nested) =>
        platformHelpSection('####', nested, `${command.name()} ${nested.name()}`),
      ),
    ])
    .join('');
}

function platformHelpSection(heading, command, name) {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return `\n${heading} ${name}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
}

/** Without commander's own `help`. */
function ownCommands(program) {
  return program.commands.filter((command) => command.summary() !== '');
}

/** The `--help` of every command. */
export async function helpMarkdown(commands) {
  const sections = await Promise.all(
    commands.map(async ({ name, load }) => `\n## ${name}\n\n\`\`\`text\n${(await load()).help}\`\`\`\n`),
  );
  return sections.join('');
}
