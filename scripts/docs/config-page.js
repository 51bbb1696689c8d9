// Markdown of the platform's settings.

/** A table of all of them. @param config - `CONFIG_NAMES`, `rowOf`, `hasFlag`, `variableOf` of `platform/config/` */
export function configMarkdown({ CONFIG_NAMES, rowOf, hasFlag, variableOf }) {
  const rows = CONFIG_NAMES.map((name) => {
    const row = rowOf(name);
    const flag = hasFlag(row) ? '' : '<br>(no flag)';
    const about = cell(row.about) + (row.default === null ? '' : `. Default: ${cell(row.default)}`);
    return `| \`${name}\`${flag} | \`${variableOf(name)}\` | ${about} | \`${cell(row.example)}\` |\n`;
  });
  return `\n| setting | variable | | for example |\n| --- | --- | --- | --- |\n${rows.join('')}\n`;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');
}
