import { useState } from 'preact/hooks';
import type { SecretJson, SecretsAnswer } from './answers.js';
import { getJson, inProject, messageOf, postJson } from './api.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { NewSecret } from './new-secret.js';
import { Rows } from './rows.js';
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
  const mayWrite = props.me?.may('secrets:write', props.project) === true;
  const list = { items: secrets, hasMore: false, more: () => {} };
  return (
    <Frame
      {...props}
      section="secrets"
      connection={connection}
      of={secrets}
      heading={
        <Heading title="API secrets">
          An app that holds one opens sessions with this project. It is good for all endpoints: keep it on
          machines that you operate.
        </Heading>
      }
    >
      {mayWrite && <NewSecret onMade={refresh} />}
      <Rows title="Issued secrets" list={list} none="None yet." keyOf={({ keyId }) => keyId}>
        {(secret) => <SecretRow secret={secret} onRevoke={mayWrite ? revoke : null} />}
      </Rows>
    </Frame>
  );
}
