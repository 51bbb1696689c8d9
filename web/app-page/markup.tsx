import { renderDocument } from '../document.js';
import { Page } from './page.js';

/** The page before its script runs. All URLs are relative, so it may be mounted anywhere. */
export function markup({ script, style }: { script: string; style: string }): Record<string, string> {
  return {
    page: renderDocument({
      title: 'Net Diagnostics',
      style: `./assets/${style}`,
      script: `./assets/${script}`,
      children: <Page />,
    }),
  };
}
