import { Brand, Live } from '../components/page-frame.js';
import type { Permission } from './answers.js';
import { leave } from './api.js';
import { Menu } from './menu.js';
import { forgetMe, type Me } from './use-me.js';

/** A page that the bar leads to. */
interface Target {
  section: string;
  words: string;
  /** What one has to be allowed for it. */
  needs: Permission;
}

const PROJECT_PAGES: readonly Target[] = [
  { section: 'endpoints', words: 'Endpoints', needs: 'fleet:read' },
  { section: 'secrets', words: 'API secrets', needs: 'secrets:read' },
  { section: 'members', words: 'Members', needs: 'members:read' },
  { section: 'tokens', words: 'API tokens', needs: 'tokens:read' },
  { section: 'audit', words: 'Audit log', needs: 'audit:read' },
  { section: 'usage', words: 'Usage', needs: 'fleet:read' },
  { section: 'settings', words: 'Settings', needs: 'project:write' },
];

const PLATFORM_PAGES: readonly Target[] = [
  { section: 'users', words: 'Users', needs: 'platform:read' },
  { section: 'projects', words: 'Projects', needs: 'platform:read' },
  { section: 'tokens', words: 'API tokens', needs: 'platform:read' },
  { section: 'audit', words: 'Audit log', needs: 'platform:read' },
];

/** What the bar shows. */
export interface BarProps {
  root: string;
  /** Empty: the page is about no project. */
  project: string;
  /** Which of the project's or the platform's pages is open; empty: none. */
  section: string;
  /** `null` until it is known. */
  me: Me | null;
  /** Whether the page is told of changes; `null` before that is known; `undefined`: it is not meant to. */
  isLive: boolean | null | undefined;
}

/** The way to all pages that one may see. */
export function Bar({ root, project, section, me, isLive }: BarProps) {
  return (
    <>
      <a class="brand" href={`${root}/`}>
        <Brand />
      </a>
      {me !== null && <Projects root={root} project={project} me={me} />}
      <span class="right">
        {isLive !== undefined && (
          <Live isOn={isLive === true}>
            {isLive === null ? 'Connecting…' : isLive ? 'Live' : 'Reconnecting…'}
          </Live>
        )}
        {me !== null && <Account root={root} me={me} />}
      </span>
      <Pages root={root} project={project} section={section} me={me} />
    </>
  );
}

/** The name of the project that every platform has, until somebody calls it otherwise. */
const UNNAMED = 'Default';

/** One project needs no choice, and no name while it has none of its own. */
function Projects({ root, project, me }: Pick<BarProps, 'root' | 'project'> & { me: Me }) {
  const { projects } = me.answer;
  const [first] = projects;
  if (projects.length < 2)
    return first === undefined || first.name === UNNAMED ? null : <bdi class="muted only">{first.name}</bdi>;
  return (
    <Menu label="Project" words={me.project(project)?.name ?? 'Projects'}>
      <ul class="links">
        {projects.map(({ id, name }) => (
          <li key={id}>
            <a href={`${root}/projects/${id}/endpoints`} aria-current={id === project ? 'true' : undefined}>
              <bdi>{name}</bdi> <span class="small muted mono">{id}</span>
            </a>
          </li>
        ))}
      </ul>
    </Menu>
  );
}

function Account({ root, me }: { root: string; me: Me }) {
  const isOperator = me.may('platform:read', '');
  if (!me.isSignedIn) return isOperator ? <a href={`${root}/platform/users`}>Platform</a> : null;
  return (
    <Menu label="Account" words={me.answer.name}>
      <ul class="links">
        <li>
          <a href={`${root}/account`}>Your account</a>
        </li>
        {isOperator && (
          <li>
            <a href={`${root}/platform/users`}>Users and projects</a>
          </li>
        )}
      </ul>
      <form
        method="post"
        action={`${root}/sign-out`}
        onSubmit={() => {
          forgetMe();
          leave();
        }}
      >
        <button type="submit" class="small">
          Sign out
        </button>
      </form>
    </Menu>
  );
}

function Pages({ root, project, section, me }: Omit<BarProps, 'isLive'>) {
  if (project === '' && section === '') return null;
  const base = project === '' ? `${root}/platform` : `${root}/projects/${project}`;
  const all = project === '' ? PLATFORM_PAGES : PROJECT_PAGES;
  return (
    <nav aria-label="Pages">
      {all
        .filter(({ needs }) => me?.may(needs, project))
        .map(({ section: target, words }) => (
          <a key={target} href={`${base}/${target}`} aria-current={target === section ? 'page' : undefined}>
            {words}
          </a>
        ))}
    </nav>
  );
}
