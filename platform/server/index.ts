export type { FleetSummary } from '../store/fleet-summary.js';
export { Dashboard, type DashboardContext } from './dashboard.js';
export type * from './v1/index.js';
