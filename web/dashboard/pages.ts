import type { ComponentType } from 'preact';
import { EndpointPage } from './endpoint-page.js';
import { EndpointsPage } from './endpoints-page.js';
import type { PageProps } from './frame.js';
import { SecretsPage } from './secrets-page.js';

/** A page that a script fills. */
interface Page {
  title: string;
  /** The path from it to the root of the site. */
  root: string;
  Component: ComponentType<PageProps>;
}

/** The pages that show data, by name. */
export const PAGES: Readonly<Record<'endpoints' | 'endpoint' | 'secrets', Page>> = {
  endpoints: { title: 'Endpoints', root: '.', Component: EndpointsPage },
  endpoint: { title: 'Endpoint', root: '..', Component: EndpointPage },
  secrets: { title: 'API secrets', root: '.', Component: SecretsPage },
};
