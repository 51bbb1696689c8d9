import { type Asset, htmlPage, UI_ASSETS } from '../../ui/index.js';

/** The page, without data: its script fetches that. */
export const PAGE: string = htmlPage({
  title: 'Net Diagnostics',
  root: '.',
  styles: ['./assets/base.css'],
  icon: './assets/icon.svg',
  body: '<main><h1>Net Diagnostics</h1></main>',
});

/** The files it loads, by name. */
export const PAGE_ASSETS: ReadonlyMap<string, Asset> = UI_ASSETS;
