import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The rooms, lowest floor first. A room may import from its own floor's room (itself) and from every floor below. */
const floors = [
  ['lib/errors.ts', 'lib/text.ts'],
  ['lib/async', 'lib/fields-first.ts'],
  ['lib/wire'],
  ['lib/report'],
  ['lib/probes', 'lib/transport'],
  ['lib/client', 'lib/host', 'lib/diagnose'],
  ['lib/logger.ts', 'lib/identity.ts', 'lib/status.ts', 'lib/ui', 'lib/http-kit'],
  ['lib/events.ts'],
  ['lib/options'],
  ['lib/telemetry'],
  ['lib/net-diagnostics'],
  ['lib/platform', 'lib/http', 'lib/index.ts'],
  ['lib/testing', 'integrations/shared'],
  ['integrations/nest', 'integrations/express', 'integrations/fastify', 'lib/cli'],
  ['samples'],
];

/** What each room may import from outside the project, beside Node's own modules. */
const packages: Record<string, RegExp> = {
  'lib/transport': /^@number0\/iroh(\/|$)/,
  'lib/platform': /^libsql$/,
  'lib/telemetry': /^@opentelemetry\/api$/,
  'integrations/fastify': /^fastify$/,
  'integrations/nest': /^(@nestjs\/(common|core)|rxjs)(\/|$)/,
  samples: /^(@nestjs\/|reflect-metadata|rxjs|express$|fastify$|iroh-net-diagnostics)/,
};

interface Import {
  file: string;
  target: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)['"]([^'"\n]+)['"]/gm;
  return [...text.matchAll(pattern)].map((match) => ({ file, target: match[1] ?? '' }));
}

const imports = ['lib', 'integrations', 'samples'].flatMap(sourceFiles).flatMap(importsOf);

function roomOf(path: string): { room: string; floor: number } {
  for (const [floor, rooms] of floors.entries()) {
    for (const room of rooms) if (path === room || path.startsWith(`${room}/`)) return { room, floor };
  }
  throw new Error(`${path} stands in no room: name it in test/architecture.test.ts`);
}

describe('the house', () => {
  it('has its imports read', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('lets nothing import upwards or sideways', () => {
    const wrong = imports
      .filter(({ target }) => target.startsWith('.'))
      .map(({ file, target }) => ({
        file,
        to: relative(root, resolve(root, dirname(file), target)).replace(/\.js$/, '.ts'),
      }))
      .filter(({ file, to }) => {
        const from = roomOf(file);
        const into = roomOf(to);
        return from.room !== into.room && into.floor >= from.floor;
      });
    expect(wrong).toEqual([]);
  });

  it('lets the platform and the app speak through the wire alone, as two programs would', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        file.startsWith('lib/platform/') && /\/(client|host|diagnose|net-diagnostics)\b/.test(target),
    );
    expect(wrong).toEqual([]);
  });

  it('names outside packages only where they belong', () => {
    const wrong = imports
      .filter(({ target }) => !target.startsWith('.') && !target.startsWith('node:'))
      .filter(({ file, target }) => !packages[roomOf(file).room]?.test(target));
    expect(wrong).toEqual([]);
  });

  it('has no circle of files', () => {
    const graph = new Map<string, string[]>();
    for (const { file, target } of imports) {
      if (!target.startsWith('.')) continue;
      const to = relative(root, resolve(root, dirname(file), target))
        .split(sep)
        .join('/')
        .replace(/\.js$/, '.ts');
      graph.set(file, [...(graph.get(file) ?? []), to]);
    }
    expect(findCircle(graph)).toBeUndefined();
  });
});

function findCircle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}
