export { tokenIn } from './access.js';
export { Dashboard } from './dashboard.js';
