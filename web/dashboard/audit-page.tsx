import { inPlatform, inProject } from './api.js';
import { Audit } from './audit.js';
import type { PageProps } from './frame.js';

/** The audit log of a project. */
export function AuditPage(props: PageProps) {
  return (
    <Audit {...props} path={inProject('audit')} about="Who did what in this project, the latest first." />
  );
}

/** The audit log of the whole platform. */
export function PlatformAuditPage(props: PageProps) {
  return (
    <Audit
      {...props}
      path={inPlatform('audit')}
      about="Who did what on this platform, projects included, the latest first."
    />
  );
}
