/** Options and environment variables → validated settings. */
export { isNativeEndpoint } from './code-kinds.js';
export type { HttpAccess, HttpAuthorize, HttpSettings } from './http-kind.js';
export { filePath, whyMalformed } from './identity-kinds.js';
export { ephemeralKey, keyFromFile } from './key-file.js';
export { type ActiveSettings, isActive, resolveSettings, type Settings } from './resolve.js';
export { DEADLINE, SETTINGS, settingsMarkdown } from './table.js';
export type {
  AcceptLoop,
  HttpOptions,
  MetricsOptions,
  NetDiagnosticsOptions,
  PeerOption,
  PlatformOption,
} from './types.js';
export { type UnknownVariable, unknownVariables, unknownVariableText } from './unknown-variables.js';
