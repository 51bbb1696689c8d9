/** The settings of the platform's program: from flags, environment and a file to the options of `Platform.start`. */
export { ConfigError, type ConfigRow, hasFlag, readGiven, variableOf } from './row.js';
export { CONFIG_VARIABLE, type Setting, Settings } from './settings.js';
export { CONFIG, CONFIG_NAMES, type ConfigName, HIDDEN, isConfigName, rowOf } from './table.js';
