/** In `Symbol.for`, so of every copy and version of pino; a child has it from its parent. */
const OF_PINO = Symbol.for('pino.serializers');

/**
 * Whether a logger wants its fields before the message, and takes what comes behind for arguments of a format, which
 * are dropped: pino, and `PinoLogger` of `nestjs-pino`, which holds one.
 */
export function wantsFieldsFirst(logger: unknown): boolean {
  return isPino(logger) || (isObject(logger) && 'logger' in logger && isPino(logger.logger));
}

function isPino(value: unknown): boolean {
  return isObject(value) && OF_PINO in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
