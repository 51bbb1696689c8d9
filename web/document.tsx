/** Whole documents. They are rendered when the package is built, without data: their scripts fetch that. */
import type { ComponentChildren } from 'preact';
import { renderToStaticMarkup } from 'preact-render-to-string';
import { Icon } from './components/icon.js';

/** What {@link renderDocument} needs. URLs are relative to the page. */
export interface DocumentProps {
  title: string;
  style: string;
  script: string;
  /** Attributes of the document for its script, each `data-…`. */
  data?: Readonly<Record<string, string>>;
  /** The markup that the script takes over. */
  children: ComponentChildren;
}

/** A whole document as text. */
export function renderDocument(props: DocumentProps): string {
  return `<!doctype html>\n${renderToStaticMarkup(<Document {...props} />)}\n`;
}

function Document({ title, style, script, data = {}, children }: DocumentProps) {
  return (
    <html lang="en" {...dataAttributes(data)}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="stylesheet" href={style} />
        <link rel="icon" type="image/svg+xml" href={iconUrl()} />
        <script type="module" src={script} />
      </head>
      <body>
        <div id="page">{children}</div>
      </body>
    </html>
  );
}

function dataAttributes(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));
}

/** Inline in the document: it is not worth a request. */
function iconUrl(): string {
  return `data:image/svg+xml,${encodeURIComponent(renderToStaticMarkup(<Icon />))}`;
}
