import type { ComponentChildren } from 'preact';
import { Guard } from '../components/guard.js';
import { Brand, Live, Notice, PageFrame } from '../components/page-frame.js';
import type { Connection } from './use-updates.js';

/** What every page of the dashboard is given. */
export interface PageProps {
  /** The path from the page to the root of the site, such as `../..`. */
  root: string;
  /** The id of the project that the page is about. */
  project: string;
  /** Whether there is something to log out from. */
  hasLogin: boolean;
  /** The id of what the page shows: the last part of the page's path. */
  id: string;
}

interface FrameProps extends PageProps {
  section: 'endpoints' | 'secrets';
  connection: Connection;
  heading: ComponentChildren;
  /** What the children show. */
  of: unknown;
  children: ComponentChildren;
}

/** The bar, the heading, what went wrong, and what the page shows. */
export function Frame({ root, project, hasLogin, section, connection, heading, of, children }: FrameProps) {
  const { isLive, error } = connection;
  const home = `${root}/projects/${project}`;
  return (
    <PageFrame
      bar={
        <>
          <a class="brand" href={`${home}/endpoints`}>
            <Brand />
          </a>
          <nav aria-label="Pages">
            <a href={`${home}/endpoints`} aria-current={section === 'endpoints' ? 'page' : undefined}>
              Endpoints
            </a>
            <a href={`${home}/secrets`} aria-current={section === 'secrets' ? 'page' : undefined}>
              API secrets
            </a>
          </nav>
          <Live isOn={isLive === true}>
            {isLive === null ? 'Connecting…' : isLive ? 'Live' : 'Reconnecting…'}
          </Live>
          {hasLogin && (
            <form method="post" action={`${root}/sign-out`}>
              <button type="submit" class="small">
                Log out
              </button>
            </form>
          )}
        </>
      }
    >
      <noscript>
        <p class="notice">The dashboard needs JavaScript.</p>
      </noscript>
      {heading}
      <Notice text={error} />
      <Guard of={of} instead={(message) => <p class="notice">This page cannot be shown: {message}</p>}>
        {children}
      </Guard>
    </PageFrame>
  );
}
