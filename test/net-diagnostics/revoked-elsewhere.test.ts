import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/index.js';
import { LOCAL_OPTIONS } from '../../lib/testing/quick.js';
import { Platform } from '../../platform/index.js';
import { MortalApps } from '../support/mortal-app.js';

const apps = new MortalApps();
const closing: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await apps.close();
  await Promise.all(closing.splice(0).map((one) => one.stop()));
});

const open = async () => {
  const platform = await Platform.start({ dataDir: ':memory:', dashboard: false, port: 0 });
  closing.push(platform);
  return platform;
};

describe('two processes with one key file', () => {
  it('both refuse what one of them has taken back', async () => {
    const platform = await open();
    const other = await apps.start({ apiSecret: (await platform.createApiSecret()).reveal() });
    await platform.dialBack(other.id);
    // At a platform of its own, so that the two do not push each other off.
    const here = NetDiagnostics.start({
      ...{ ...LOCAL_OPTIONS, logger: false, secretKeyFile: await apps.keyFile(), grant: false },
      apiSecret: (await (await open()).createApiSecret()).reveal(),
    });
    closing.push(here);
    expect(await here.ready({ timeoutMs: 10_000 })).toMatchObject({ state: 'online', endpointId: other.id });
    await here.revoke();
    await expect(platform.dialBack(other.id)).rejects.toMatchObject({ kind: 'token-refused' });
  });
});
