import type { SqlStore } from './sql-store.js';

/** Names of the ports that the store remembers. */
export const PORT_SETTING = 'port';
export const DASHBOARD_PORT_SETTING = 'dashboard.port';

/** A port that the store remembers; `null`: none, or none that is one. */
export async function rememberedPort(store: Pick<SqlStore, 'setting'>, key: string): Promise<number | null> {
  const text = await store.setting(key);
  const port = Number(text ?? Number.NaN);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}
