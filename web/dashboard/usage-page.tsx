import { useEffect, useState } from 'preact/hooks';
import { figuresOf } from '../words/usage.js';
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
  const figures = usage === null ? [] : figuresOf(usage);
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
        {figures.map(({ label, value, limit }) => (
          <div key={label} class="card">
            <dt>{label}</dt>
            <dd>{value}</dd>
            <dd class="small muted">{limit}</dd>
          </div>
        ))}
      </dl>
    </Frame>
  );
}
