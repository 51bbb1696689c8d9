import type { ComponentChildren } from 'preact';
import { Guard } from '../components/guard.js';
import { Notice, PageFrame } from '../components/page-frame.js';
import { Bar } from './bar.js';
import type { Me } from './use-me.js';

/** What every page of the dashboard is given. */
export interface PageProps {
  /** The path from the page to the root of the site, such as `../..`. */
  root: string;
  /** The id of the project that the page is about; empty: none. */
  project: string;
  /** The id of what the page shows: the last part of the page's path. */
  id: string;
  /** Whoever is signed in; `null` until it is known. */
  me: Me | null;
  /** Asks anew who is signed in, after something that the bar shows has changed. */
  refreshMe(): void;
}

interface FrameProps extends PageProps {
  /** Which page of the bar it is; empty: none. */
  section: string;
  /** Whether the page is told of changes, where it is meant to; and what went wrong. */
  connection: { isLive?: boolean | null; error: string };
  heading: ComponentChildren;
  /** What the children show. */
  of: unknown;
  children: ComponentChildren;
}

/** The bar, the heading, what went wrong, and what the page shows. */
export function Frame({ root, project, me, section, connection, heading, of, children }: FrameProps) {
  const { isLive, error } = connection;
  return (
    <PageFrame bar={<Bar root={root} project={project} section={section} me={me} isLive={isLive} />}>
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

/** A heading, and a sentence that says what the page is for. */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="heading">
      <h1>{title}</h1>
      {children !== undefined && <p class="muted">{children}</p>}
    </div>
  );
}
