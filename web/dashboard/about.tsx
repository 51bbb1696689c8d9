import { dateTime, untilText } from '../words/format.js';
import type { EndpointJson } from './answers.js';

/** What the platform knows of an endpoint. */
export function About({ endpoint }: { endpoint: EndpointJson }) {
  const { group, attributes, grant, addresses, firstSeenAt, lastSeenAt, isOnline, sharedIdentityAt } =
    endpoint;
  const lines = [
    ['Group', group ?? ''],
    ['Attributes', attributes.map(([key, value]) => `${key}=${value}`).join(', ')],
    ['Grant', grant === null ? 'None' : untilText(grant.expiresAt)],
    ['Allows', grant === null ? '' : grant.caps.join(', ')],
    ['Reachable at', addresses.join(', ')],
    ['First seen', dateTime(firstSeenAt)],
    ['Last seen', isOnline ? 'now' : dateTime(lastSeenAt)],
    [
      'Two processes with one key',
      sharedIdentityAt === null
        ? ''
        : `${dateTime(sharedIdentityAt)}: give each its own; the button asks the one that came last`,
    ],
  ].filter(([, value]) => value !== '');
  return (
    <dl class="facts">
      {lines.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
