import type { ComponentType } from 'preact';
import { AccountPage } from './account-page.js';
import { AuditPage, PlatformAuditPage } from './audit-page.js';
import { EndpointPage } from './endpoint-page.js';
import { EndpointsPage } from './endpoints-page.js';
import type { PageProps } from './frame.js';
import { HomePage } from './home-page.js';
import { MembersPage } from './members-page.js';
import { PlatformTokensPage } from './platform-tokens-page.js';
import { ProjectsPage } from './projects-page.js';
import { SecretsPage } from './secrets-page.js';
import { SettingsPage } from './settings-page.js';
import { LinkPage, SetUpPage, SignInPage } from './sign-in-page.js';
import { TokensPage } from './tokens-page.js';
import { UsagePage } from './usage-page.js';
import { UsersPage } from './users-page.js';

/** The pages that show data, by name: a script fills them. */
export const PAGES = {
  home: ['Net Diagnostics', HomePage],
  endpoints: ['Endpoints', EndpointsPage],
  endpoint: ['Endpoint', EndpointPage],
  secrets: ['API secrets', SecretsPage],
  members: ['Members', MembersPage],
  tokens: ['API tokens', TokensPage],
  audit: ['Audit log', AuditPage],
  usage: ['Usage', UsagePage],
  settings: ['Settings', SettingsPage],
  users: ['Users', UsersPage],
  projects: ['Projects', ProjectsPage],
  platformTokens: ['API tokens', PlatformTokensPage],
  platformAudit: ['Audit log', PlatformAuditPage],
  account: ['Your account', AccountPage],
} satisfies Readonly<Record<string, readonly [title: string, Component: ComponentType<PageProps>]>>;

/** The pages in front of them: forms that need no script. */
export const DOORS = {
  signIn: ['Sign in', SignInPage],
  setUp: ['Set up', SetUpPage],
  link: ['One-time link', LinkPage],
} satisfies Readonly<Record<string, readonly [title: string, Component: ComponentType]>>;
