import { useEffect, useState } from 'preact/hooks';
import { numberText } from '../words/format.js';
import { bytesText } from '../words/usage.js';
import type { UsageAnswer } from './answers.js';
import { getJson, inProject, messageOf } from './api.js';
import { Frame, Heading, type PageProps } from './frame.js';

/** How much a project keeps. */
export function UsagePage(props: PageProps) {
  const [usage, setUsage] = useState<UsageAnswer | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    getJson<UsageAnswer>(inProject('usage')).then(setUsage, (error: unknown) => setError(messageOf(error)));
  }, []);
  const figures =
    usage === null
      ? []
      : [
          ['Endpoints', numberText(usage.endpoints)],
          ['Reports', numberText(usage.reports)],
          ['Points of metrics', numberText(usage.points)],
          ['Reports and metrics take', bytesText(usage.bytes)],
        ];
  return (
    <Frame
      {...props}
      section="usage"
      connection={{ error }}
      of={usage}
      heading={
        <Heading title="Usage">
          How much this project keeps. What is too old or too much is removed by itself, the oldest first.
        </Heading>
      }
    >
      <dl class="figures">
        {figures.map(([label, value]) => (
          <div key={label} class="card">
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Frame>
  );
}
