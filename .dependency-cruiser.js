// The floors of the house, as rules: `npm run check` and test/architecture.test.ts hold them. A new room needs its path in
// FLOORS, and nothing else.

/** The rooms, lowest floor first. A room may import from every floor below its own, and from no room beside it. */
export const FLOORS = [
  ['lib/errors.ts', 'lib/text.ts'],
  ['lib/async', 'lib/files.ts'],
  ['lib/logger.ts', 'lib/wire'],
  ['lib/settings'],
  ['lib/report'],
  ['lib/probes', 'lib/transport'],
  ['lib/client', 'lib/host', 'lib/peer', 'lib/diagnose'],
  ['lib/status.ts', 'lib/http-kit'],
  ['lib/events.ts'],
  ['lib/options', 'lib/services'],
  ['lib/telemetry'],
  ['lib/net-diagnostics'],
  ['lib/http', 'lib/core.ts', 'lib/any-error.ts'],
  ['lib/index.ts'],
  ['lib/testing', 'integrations/shared'],
  ['integrations/nest', 'integrations/express', 'integrations/fastify', 'lib/cli'],
  ['samples', 'platform'],
  // The library and the platform know what is built of it, and not the sources.
  ['web'],
];

/**
 * Inside the platform, lowest first: a room imports what is below it and nothing beside it. What is not named stands above
 * all of them.
 */
export const PLATFORM_FLOORS = [
  ['platform/metrics', 'platform/data-folder.ts', 'platform/cached.ts', 'platform/version.ts'],
  ['platform/store'],
  ['platform/identities', 'platform/changes', 'platform/retention'],
  ['platform/transfer', 'platform/runs', 'platform/people'],
  ['platform/observe'],
  // What the options are, and then who reads them from flags, variables and a file; neither knows the server.
  ['platform/option-kinds.ts', 'platform/oidc-options.ts'],
  ['platform/options.ts'],
  ['platform/config'],
];

/** No front door: each file of these is a tool of its own, and none needs another. */
const TOOLBOXES = ['integrations/shared'];

/** Side doors: files that others may name although their room has a front door, each with its reason. */
export const SIDE_DOORS = [
  // The words of a report: all of them are public, and lib/index.ts hands each file on whole.
  'lib/report/types.ts',
  'lib/report/observation.ts',
];

/** Rooms that take in text and bytes and give out values: no input or output, no clock, no randomness. */
const PURE = ['lib/wire', 'lib/report'];
/** Calculations, whatever their names say; which names of them, says biome.json. */
const PURE_MODULES = ['crypto', 'net'];

/** Outside packages, each with the rooms that may name it. Nobody names any other. */
const PACKAGES = {
  '@number0/iroh': ['lib/transport'],
  commander: ['platform'],
  kysely: ['platform/store', 'platform/transfer', 'platform/people'],
  libsql: ['platform/store'],
  pg: ['platform/store', 'platform/changes'],
  'openid-client': ['platform/server/doors/oidc'],
  yaml: ['platform/config'],
  'prom-client': ['platform/observe'],
  pino: ['platform/observe'],
  '@opentelemetry/api': ['lib/telemetry', 'platform/observe'],
  fastify: ['integrations/fastify', 'samples', 'platform'],
  '@fastify/swagger': ['platform'],
  typebox: ['platform'],
  express: ['samples'],
  '@nestjs': ['integrations/nest', 'samples', 'platform'],
  rxjs: ['integrations/nest', 'samples', 'platform'],
  preact: ['web'],
  'reflect-metadata': ['samples', 'platform'],
};

/** Rooms that meet through the wire alone, as two programs would. */
const PLATFORM_SIDE = ['lib/services', 'platform'];
const APP_SIDE = ['lib/client', 'lib/host', 'lib/peer', 'lib/diagnose', 'lib/net-diagnostics'];

const HOUSE = '^(?:lib|integrations|samples|platform|web)/';
const ROOMS = FLOORS.flat();
/** Also where node_modules is a link to elsewhere. */
const MODULES = '(?:^|/)node_modules/';
/** What a build made; node_modules may be a link into another clone, and then this is the build of that one. */
const BUILT = ['^dist/', '^\\.\\./.*/dist/'];

/** A pattern of all files of these rooms; its first group is the room. */
function within(rooms) {
  const paths = rooms.map((room) => (room.endsWith('.ts') ? `${escaped(room)}$` : `${escaped(room)}/`));
  return `^(${paths.join('|')})`;
}

function escaped(text) {
  return text.replaceAll('.', '\\.');
}

const floorRules = FLOORS.flatMap((rooms, index) => {
  const name = `floor-${index + 1}`;
  const higher = FLOORS.slice(index + 1).flat();
  return [
    ...(higher.length > 0
      ? [{ name: `${name}-imports-upwards`, from: { path: within(rooms) }, to: { path: within(higher) } }]
      : []),
    {
      name: `${name}-imports-sideways`,
      from: { path: within(rooms) },
      to: { path: within(rooms), pathNot: '^$1' },
    },
  ];
});

const platformFloorRules = PLATFORM_FLOORS.map((rooms, index) => ({
  name: `platform-floor-${index + 1}-imports-upwards-or-sideways`,
  from: { path: within(rooms) },
  to: {
    path: '^platform/',
    pathNot: ['^$1', ...PLATFORM_FLOORS.slice(0, index).map(within)],
  },
}));

const packageRules = Object.entries(PACKAGES).map(([name, rooms]) => ({
  name: `${name}-outside-its-room`,
  from: { pathNot: within(rooms) },
  to: { path: `${MODULES}${escaped(name)}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floorRules,
    ...platformFloorRules,
    {
      name: 'stands-in-no-room',
      comment: 'Name its room in FLOORS of .dependency-cruiser.js.',
      from: { path: HOUSE, pathNot: within(ROOMS) },
      to: {},
    },
    {
      name: 'leads-to-no-room',
      comment: 'Name its room in FLOORS of .dependency-cruiser.js.',
      from: {},
      to: {
        pathNot: [within(ROOMS), MODULES, ...BUILT, '^iroh-net-diagnostics(?:/|$)'],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'not-by-the-front-door',
      comment: 'Import from the index.ts of that room.',
      from: { path: within(ROOMS) },
      to: {
        path: within(ROOMS.filter((room) => !TOOLBOXES.includes(room) && !room.endsWith('.ts'))),
        pathNot: ['^$1', '^[^/]+/[^/]+/index\\.ts$', ...SIDE_DOORS.map((file) => `^${escaped(file)}$`)],
      },
    },
    {
      name: 'platform-beside-the-entries',
      comment:
        'The platform is a package of its own: what it needs, an entry of iroh-net-diagnostics exports.',
      from: { path: '^platform/' },
      to: { path: '^(?:lib|integrations|samples)/' },
    },
    { name: 'circle', from: {}, to: { circular: true } },
    {
      name: 'platform-and-app-meet-beside-the-wire',
      from: { path: within(PLATFORM_SIDE) },
      to: { path: within(APP_SIDE) },
    },
    {
      name: 'not-pure',
      from: { path: within(PURE) },
      to: { dependencyTypes: ['core'], pathNot: PURE_MODULES.map((name) => `^(?:node:)?${name}$`) },
    },
    ...packageRules,
    {
      name: 'unknown-package',
      comment:
        'Name it in PACKAGES of .dependency-cruiser.js, and its reason in docs/decisions/dependencies.md.',
      from: {},
      to: {
        path: MODULES,
        pathNot: Object.keys(PACKAGES).map((name) => `${MODULES}${escaped(name)}/`),
      },
    },
    {
      name: 'unresolvable',
      from: {},
      to: { couldNotResolve: true, pathNot: '^iroh-net-diagnostics(?:/|$)' },
    },
  ].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    // TypeScript 7 has no JavaScript API that dependency-cruiser could ask.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: [MODULES, ...BUILT] },
    // That parser does not read .tsx. What web/ takes along, its build looks at (scripts/web.js), and biome at its circles.
    exclude: { path: ['^(?:samples/[^/]+|platform)/(?:dist|node_modules)/', '[.]tsx$'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
    },
  },
};
