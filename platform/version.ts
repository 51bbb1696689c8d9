/** As in this package's package.json. */
export const PLATFORM_VERSION = '0.1.0';
