/** Text for the inside of an element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What {@link htmlPage} puts together. URLs are relative to the page. */
export interface HtmlPage {
  title: string;
  /** The way from the page to the root of the site: `.`, `..` … */
  root: string;
  styles: readonly string[];
  /** URL of a module. */
  script?: string | undefined;
  icon?: string | undefined;
  /** Markup of the body. Never put data here: the page's script fetches it and sets `textContent`. */
  body: string;
}

/** A whole document. */
export function htmlPage({ title, root, styles, script, icon, body }: HtmlPage): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}</title>`,
    ...styles.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`),
    icon === undefined ? '' : `<link rel="icon" type="image/svg+xml" href="${escapeHtml(icon)}">`,
    script === undefined ? '' : `<script type="module" src="${escapeHtml(script)}"></script>`,
  ];
  return `<!doctype html>
<html lang="en" data-root="${escapeHtml(root)}">
<head>
${head.filter((line) => line !== '').join('\n')}
</head>
<body>
${body}
</body>
</html>
`;
}
