import { BUILT } from './built.js';

/** A file that the page loads. */
export interface Asset {
  /** For `Content-Type`. */
  type: string;
  body: string;
}

/** The page, without data: its script fetches that. */
export const PAGE: string = BUILT.markup.page;

/** The files that the page loads, by name; they are served under `assets/`. A name contains a hash of the content. */
export const PAGE_ASSETS: ReadonlyMap<string, Asset> = new Map(
  BUILT.assets.map(({ name, type, body }) => [name, { type, body }]),
);
