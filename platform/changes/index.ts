/** What changed, told to every process that serves the same platform. */
import { isPostgresUrl } from '../store/open-store.js';
import { type ChangeFeed, LocalFeed } from './feed.js';

export type { Change, EndpointChange } from './change.js';
export type { ChangeFeed } from './feed.js';

/**
 * @param place - where the store is: a folder, `':memory:'` or `postgres://…`
 * @throws `ERR_STORE` when the database cannot be reached now
 */
export async function openFeed(place: string): Promise<ChangeFeed> {
  if (!isPostgresUrl(place)) return new LocalFeed();
  return (await import('./postgres-feed.js')).PostgresFeed.open(place);
}
