import { NetDiagnosticsError } from '../errors.js';
import { SettingError } from './setting-error.js';
import { show } from './show.js';
import { InvalidField, type Row, readRow, readTable, type Table, type Values } from './table.js';

/**
 * Reads all options of one call.
 * @param of - whose options they are, as an error names it: `diagnose()`
 * @throws SettingError (`ERR_SETTING`) that names the option, what it was and what it must be
 */
export function readOptions<T extends Table>(of: string, table: T, given: unknown): Values<T> {
  assertObject(given, of);
  return naming(of, () => readTable(table, given));
}

/** Reads one option of a call whose other options need no check. @throws as {@link readOptions} */
export function readOption<T, D>(of: string, name: string, row: Row<T, D>, given: unknown): T | D {
  return naming(of, () => readRow(name, row, given));
}

/** @throws NetDiagnosticsError (`ERR_SETTING`) when the options are not an object */
export function assertObject(given: unknown, of: string | null): asserts given is object {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  const whose = of === null ? '' : ` of ${of}`;
  throw new NetDiagnosticsError('ERR_SETTING', `The options${whose} were ${show(given)}; give an object.`);
}

function naming<T>(of: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidField) throw SettingError.in({ of, variable: null, from: 'option' }, error);
    throw error;
  }
}
