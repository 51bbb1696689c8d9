import { useState } from 'preact/hooks';
import { Guard } from '../components/guard.js';
import type { SecretJson, SecretsAnswer } from './answers.js';
import { getJson, inProject, messageOf, postJson } from './api.js';
import { Frame, type PageProps } from './frame.js';
import { NewSecret } from './new-secret.js';
import { SecretRow } from './secret-row.js';
import { useUpdates } from './use-updates.js';

/** The API secrets. */
export function SecretsPage(props: PageProps) {
  const [secrets, setSecrets] = useState<readonly SecretJson[] | null>(null);
  const connection = useUpdates(() => ({
    load: async () => setSecrets((await getJson<SecretsAnswer>(inProject('secrets'))).items),
    handlers: { secrets: () => true },
  }));
  const { showError, refresh } = connection;
  const revoke = async (keyId: string) => {
    await postJson(inProject(`secrets/${keyId}/revoke`)).catch((error: unknown) =>
      showError(messageOf(error)),
    );
    await refresh();
  };
  return (
    <Frame
      {...props}
      section="secrets"
      connection={connection}
      of={secrets}
      heading={
        <div class="heading">
          <h1>API secrets</h1>
          <p class="muted">
            An app that holds one opens sessions with this platform. It is good for the whole platform: keep
            it on machines that you operate.
          </p>
        </div>
      }
    >
      <NewSecret onError={showError} />
      <section class="card" aria-labelledby="secrets-title">
        <h2 id="secrets-title">Issued secrets</h2>
        {secrets?.length === 0 && <p class="muted">None yet.</p>}
        <ul class="secrets" aria-label="Issued secrets">
          {secrets?.map((secret) => (
            <Guard
              key={secret.keyId}
              of={secret}
              instead={(message) => <li class="card muted">One entry cannot be shown: {message}</li>}
            >
              <SecretRow secret={secret} onRevoke={revoke} />
            </Guard>
          ))}
        </ul>
      </section>
    </Frame>
  );
}
