export { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './log-words.js';
export { Observatory, type ServerSight, type Sight } from './observatory.js';
export type { AnsweredRequest } from './platform-metrics.js';
export type { RequestRecord } from './requests.js';
