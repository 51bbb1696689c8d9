/** Names of the ports that the store remembers. */
export const PORT_SETTING = 'port';
export const DASHBOARD_PORT_SETTING = 'dashboard.port';
