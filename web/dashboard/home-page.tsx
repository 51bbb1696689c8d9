import { useEffect } from 'preact/hooks';
import { urlOf } from './api.js';
import { lastProject } from './last-project.js';

/** The way to the endpoints of the project that the reader looked at last. */
export function HomePage() {
  useEffect(() => {
    location.replace(urlOf(`projects/${encodeURIComponent(lastProject() ?? 'default')}/endpoints`));
  }, []);
  return (
    <main class="login">
      <noscript>
        <p class="notice">The dashboard needs JavaScript.</p>
      </noscript>
      <p class="muted">Loading…</p>
    </main>
  );
}
