import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ADMIN, postForm, setUpCodeOf } from '../../support/dashboard-door.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';
import { Stage } from '../stage.js';

const stage = new Stage();
afterAll(() => stage.close());

describe.runIf(postgresAvailable())('the doors of two processes of one platform', () => {
  it('count wrong passwords together, and forget those that were right', { timeout: 120_000 }, async () => {
    const folder = await stage.folder();
    const platformKeyFile = join(folder, 'key');
    await writeFile(platformKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const database = await freshDatabase();
    const start = (name: string) =>
      stage.platform({
        ...{ dataDir: join(folder, name), database, platformKeyFile, identities: 1 },
        dashboard: { port: 0, trustProxy: ['loopback'] },
      });
    const processes = [await start('one'), await start('two')] as const;
    const code = setUpCodeOf(processes[0]) ?? '';
    expect((await postForm(processes[0], '/setup', { code, ...ADMIN })).status).toBe(303);
    const signIn = async (at: number, password: string) => {
      const from = { 'x-forwarded-for': `192.0.2.${at}` };
      return (await postForm(processes[at % 2 === 0 ? 0 : 1], '/sign-in', { ...ADMIN, password }, from))
        .status;
    };
    // Right ones, from many places, take no turns.
    for (let at = 0; at < 6; at += 1) expect(await signIn(100 + at, ADMIN.password)).toBe(303);
    const codes: number[] = [];
    for (let at = 0; at < 14; at += 1) codes.push(await signIn(at, 'not the password'));
    const [tried, turnedDown] = [401, 429].map((one) => codes.filter((code) => code === one).length);
    // On a slow machine one more comes after half a minute.
    expect([tried, turnedDown]).toSatisfy(([a = 0, b = 0]: number[]) => a >= 10 && a <= 12 && a + b === 14);
    // Where somebody was before, the count is his own.
    expect(await signIn(100, ADMIN.password)).toBe(303);
  });
});
