import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { freshDatabase, PostgresServer, postgresAvailable } from './postgres.js';

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe.runIf(postgresAvailable())('the PostgreSQL server of tests', () => {
  it('gives each who asks an empty database, whose words are not ordered by their bytes', async () => {
    const [one, two] = [await freshDatabase(), await freshDatabase()];
    await ask(one, 'CREATE TABLE mine (n bigint)');
    await expect(ask(two, 'SELECT * FROM mine')).rejects.toThrow(/does not exist/);
    expect(await ask(two, `SELECT 'a' < 'B', current_setting('is_superuser')`)).toEqual([true, 'off']);
  });
  it('survives a crash, and a freeze', async () => {
    const server = await PostgresServer.start({ fsync: false });
    const url = await server.createDatabase();
    await ask(url, 'CREATE TABLE mine AS SELECT 7 AS n');
    await server.crash();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.resume();
    expect(await ask(url, 'SELECT n FROM mine')).toEqual([7]);
    await server.freeze();
    const late = ask(url, 'SELECT n FROM mine');
    expect(await Promise.race([late, new Promise((settle) => setTimeout(settle, 500, 'silence'))])).toBe(
      'silence',
    );
    server.thaw();
    expect(await late).toEqual([7]);
    await server.stop();
  });
});
