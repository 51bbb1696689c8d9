import { useEffect } from 'preact/hooks';
import { urlOf } from './api.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { lastProject } from './last-project.js';

/** The way to the endpoints of the project that the reader looked at last, or of his first. */
export function HomePage(props: PageProps) {
  const { me } = props;
  const target = me?.project(lastProject() ?? '') ?? me?.answer.projects[0];
  useEffect(() => {
    if (target !== undefined) location.replace(urlOf(`projects/${target.id}/endpoints`));
  }, [target?.id]);
  return (
    <Frame
      {...props}
      section=""
      connection={{ error: '' }}
      of={me}
      heading={<Heading title="Net Diagnostics" />}
    >
      {me === null || target !== undefined ? (
        <p class="muted">Loading…</p>
      ) : (
        <section class="card empty">
          <h2>You are a member of no project yet</h2>
          <p>
            An admin of a project, or an administrator of the platform, can add you by your name,{' '}
            <bdi>{me.answer.name}</bdi>.
          </p>
        </section>
      )}
    </Frame>
  );
}
