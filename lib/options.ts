/** Options and environment variables → validated settings. */
export { isNativeEndpoint } from './options/code-kinds.js';
export type { HttpAccess, HttpAuthorize, HttpSettings } from './options/http-kind.js';
export { settingsMarkdown } from './options/markdown.js';
export { type RelaySetting, relayFromUrl } from './options/network-kinds.js';
export { type ActiveSettings, resolveSettings, type Settings } from './options/resolve.js';
export { SettingError } from './options/setting-error.js';
export { SETTINGS } from './options/table.js';
export type {
  AcceptLoop,
  HttpOptions,
  MetricsOptions,
  NetDiagnosticsOptions,
  PlatformOption,
  RelayOption,
} from './options/types.js';
export { type UnknownVariable, unknownVariables, unknownVariableText } from './options/unknown-variables.js';
