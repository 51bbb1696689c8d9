import { CONFIG_NAMES, type ConfigName, HIDDEN, rowOf, type Settings } from '../config/index.js';

/** Prints the settings of `serve`, and where each comes from. */
export function config(settings: Settings, { json = false }: { json?: boolean }): void {
  const shown = CONFIG_NAMES.filter((name) => !isContent(settings, name));
  process.stdout.write(json ? asJson(settings, shown) : asLines(settings, shown));
}

/** What a named file holds is not repeated. */
function isContent(settings: Settings, name: ConfigName): boolean {
  const from = settings.setting(name)?.from;
  return CONFIG_NAMES.some(
    (other) =>
      rowOf(other).contentOf === name && from !== undefined && settings.setting(other)?.from === from,
  );
}

function asLines(settings: Settings, names: readonly ConfigName[]): string {
  const lines = names.flatMap((name): [string, string][] => {
    const setting = settings.setting(name);
    const { default: otherwise, contentOf, isSecret } = rowOf(name);
    if (setting !== null) {
      const shown = shownValue(name, setting.value);
      // What is not shown whole would be wrong in a file.
      const mark = isSecret === true && shown !== setting.value ? '# ' : '';
      return [[`${mark}${name}: ${JSON.stringify(shown)}`, setting.from.join(', ')]];
    }
    return otherwise === null || contentOf !== undefined || isSecret === true
      ? []
      : [[`# ${name}: ${otherwise}`, 'default']];
  });
  const width = Math.max(...lines.map(([line]) => line.length));
  return lines.map(([line, from]) => `${line.padEnd(Math.min(width, 60))}  # ${from}\n`).join('');
}

function asJson(settings: Settings, names: readonly ConfigName[]): string {
  const all = names.flatMap((name) => {
    const setting = settings.setting(name);
    return setting === null ? [] : [[name, { value: shownValue(name, setting.value), from: setting.from }]];
  });
  return `${JSON.stringify(Object.fromEntries(all))}\n`;
}

function shownValue(name: ConfigName, value: unknown): unknown {
  const { show, isSecret } = rowOf(name);
  if (show !== undefined) return show(value);
  return isSecret === true ? HIDDEN : value;
}
