import type { ComponentType } from 'preact';
import { EndpointPage } from './endpoint-page.js';
import { EndpointsPage } from './endpoints-page.js';
import type { PageProps } from './frame.js';
import { HomePage } from './home-page.js';
import { SecretsPage } from './secrets-page.js';
import { LinkPage, SetUpPage, SignInPage } from './sign-in-page.js';

/** A page that a script fills. */
interface Page {
  title: string;
  Component: ComponentType<PageProps>;
}

/** The pages that show data, by name. */
export const PAGES: Readonly<Record<'home' | 'endpoints' | 'endpoint' | 'secrets', Page>> = {
  home: { title: 'Projects', Component: HomePage },
  endpoints: { title: 'Endpoints', Component: EndpointsPage },
  endpoint: { title: 'Endpoint', Component: EndpointPage },
  secrets: { title: 'API secrets', Component: SecretsPage },
};

/** The pages in front of them: forms that need no script. */
export const DOORS = {
  signIn: ['Sign in', SignInPage],
  setUp: ['Set up', SetUpPage],
  link: ['One-time link', LinkPage],
} satisfies Readonly<Record<string, readonly [title: string, Component: ComponentType]>>;
