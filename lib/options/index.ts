/** Options and environment variables → validated settings. */
export { isNativeEndpoint } from './code-kinds.js';
export type { HttpAccess, HttpAuthorize, HttpSettings } from './http-kind.js';
export { whyMalformed } from './identity-kinds.js';
export { settingsMarkdown } from './markdown.js';
export { nearest } from './nearest.js';
export { type RelaySetting, relayFromUrl } from './network-kinds.js';
export { type ActiveSettings, resolveSettings, type Settings } from './resolve.js';
export { SettingError } from './setting-error.js';
export { show } from './show.js';
export { SETTINGS } from './table.js';
export type {
  AcceptLoop,
  HttpOptions,
  MetricsOptions,
  NetDiagnosticsOptions,
  PlatformOption,
  RelayOption,
} from './types.js';
export { type UnknownVariable, unknownVariables, unknownVariableText } from './unknown-variables.js';
