export { PAGE_ASSETS } from './assets.js';
export { PAGE } from './markup.js';
