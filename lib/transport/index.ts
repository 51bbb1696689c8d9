export { bindEndpoint, networkRelays } from './bind.js';
export type { BindingLoader } from './binding.js';
export { adoptConnection } from './connection.js';
export { type AdoptOptions, adoptEndpoint } from './endpoint.js';
export type { NativeBinding, NativeConnection, NativeEndpoint } from './native.js';
export { type ConnectionHandler, Router, type RouterEvent, type RouterOptions } from './router.js';
export { call, type RequestHead, readBody, readHead, readRequest, respond } from './rpc.js';
export * from './types.js';
