// What the command line says of itself.

/** One row a command, each linked to its help on the page of {@link helpMarkdown}. */
export function commandsMarkdown(commands, page) {
  const rows = commands.map(
    ({ name, summary }) =>
      `| [\`npx iroh-net-diagnostics ${name}\`](${page}#${name.replaceAll(' ', '-')}) | ${summary} |\n`,
  );
  return `| command | |\n| --- | --- |\n${rows.join('')}`;
}

/** The `--help` of every command. */
export async function helpMarkdown(commands) {
  const sections = await Promise.all(
    commands.map(async ({ name, load }) => `\n## ${name}\n\n\`\`\`text\n${(await load()).help}\`\`\`\n`),
  );
  return sections.join('');
}
