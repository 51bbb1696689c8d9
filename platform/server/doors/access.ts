import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProjectId } from 'iroh-net-diagnostics/services';
import type { Caller } from '../../people/caller.js';
import {
  isPlatformPermission,
  type Permission,
  PROJECT_PERMISSIONS,
  roleFor,
} from '../../people/permissions.js';
import { HttpError } from '../http-error.js';
import { type AllowedHosts, isKnownHost, isSameOrigin } from './origin.js';

/** Who may call a route: everybody, everybody whom the platform knows, or who has a permission in the route's project. */
export type Needs = 'anybody' | 'signed-in' | Permission;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says it: without, the platform does not start. */
    needs?: Needs;
    /** Its reads are answered under whatever `Host`: for probes, which ask by an address. */
    anyHost?: boolean;
    /** It only says that its path has not the method. */
    isRefusal?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; `null`: nobody knows, or the route needs nobody. */
    caller: Caller | null;
  }
}

/** A route, and who may call it. */
export interface GuardedRoute {
  method: string;
  url: string;
  needs: Needs;
}

/** What the rules in front of the routes use. */
export interface AccessOptions {
  /** `null`: any `Host`, for a dashboard that was opened to a network on purpose. */
  allowedHosts: AllowedHosts | null;
  /** Where browsers find the pages; `null`: where they come to. */
  publicUrl: string | null;
  /** Finds out who asks. */
  identify(request: FastifyRequest): Promise<Caller | null>;
  /** Whether there is such a project. */
  hasProject(project: ProjectId): Promise<boolean>;
  /** Gets each route that does something, for tests of them all. */
  onRoute?: ((route: GuardedRoute) => void) | undefined;
  /** Answers who has to sign in first. */
  askToSignIn(request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

const FOREIGN = 'Requests from other sites are refused.';

/** The name of the parameter of a path that is a project. */
const PROJECT = 'project';

/** Puts the rules in front of all routes that are added from now on. */
export function guard(app: FastifyInstance, options: AccessOptions): void {
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ url, method, config }) => {
    for (const one of [method].flat()) {
      const route = checkedRoute(url, one, config?.needs);
      if (config?.isRefusal !== true) options.onRoute?.(route);
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    const { headers, method } = request;
    const { needs, anyHost = false } = request.routeOptions.config;
    const isRead = method === 'GET' || method === 'HEAD';
    const hosts = anyHost && isRead ? null : options.allowedHosts;
    if (hosts !== null && !isKnownHost(request.host, hosts))
      throw new HttpError(421, 'This host name is not served: open the address that the platform printed.');
    // Before a body is looked at.
    if (request.is404) throw nothingHere();
    // Browsers never send a bearer token by themselves, so pages of other sites cannot misuse it.
    const isOwn = isRead || bearerIn(headers) !== null || isSameOrigin(request, options.publicUrl);
    const isForeign = !isOwn && (needs === 'anybody' || saysWhence(headers));
    if (isForeign) throw new HttpError(403, FOREIGN);
    if (needs === 'anybody') return;
    request.caller = await options.identify(request);
    if (request.caller === null) return options.askToSignIn(request, reply);
    // Who says nothing may be a program that has forgotten its token, or the browser of somebody who is signed in.
    if (!isOwn) throw new HttpError(403, FOREIGN);
    await assertMay(request.caller, needs, projectOf(request), options);
  });
}

/** Who asks, in a route that needs somebody. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error('The route needs nobody.');
  return caller;
}

/** What a program sends; `null`: nothing. */
export function bearerIn({ authorization }: IncomingHttpHeaders): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** Whether a browser says where a request comes from. */
function saysWhence({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  return origin !== undefined || site !== undefined;
}

async function assertMay(
  caller: Caller,
  needs: Exclude<Needs, 'anybody'> | undefined,
  project: ProjectId | null,
  { hasProject }: AccessOptions,
): Promise<void> {
  // As if it did not exist: nobody learns the names of projects that are not his.
  if (project !== null && !(await sees(caller, project, hasProject)))
    throw new HttpError(404, 'There is no such project.');
  if (needs === 'signed-in') return;
  // A route of the framework's own, of which nothing is known, is for nobody.
  if (needs === undefined) throw nothingHere();
  if (caller.may(needs, isPlatformPermission(needs) ? null : project)) return;
  throw new HttpError(403, refusalOf(caller, needs));
}

async function sees(
  { projects }: Caller,
  project: ProjectId,
  hasProject: AccessOptions['hasProject'],
): Promise<boolean> {
  return projects === 'all' ? hasProject(project) : projects.includes(project);
}

function refusalOf({ kind }: Caller, permission: Permission): string {
  if (kind === 'anyone')
    return 'Where nobody signs in, nobody lets anybody in: use the command line, or switch the login on.';
  if (kind === 'token') return `This token has not the permission ${permission}.`;
  const role = roleFor(permission);
  return role === null
    ? 'Only administrators of the platform may do this.'
    : `This needs the role ${role} in the project.`;
}

/** The answer to a path that does not exist. */
export function nothingHere(): HttpError {
  return new HttpError(404, 'There is nothing here.');
}

function projectOf({ params }: FastifyRequest): ProjectId | null {
  return (params as Readonly<Record<string, string>> | undefined)?.[PROJECT] ?? null;
}

/** @throws Error for a route whose access nobody has thought of */
function checkedRoute(url: string, method: string, needs: Needs | undefined): GuardedRoute {
  const isOfProject = new RegExp(`/:${PROJECT}(?![A-Za-z])`).test(url);
  if (needs === undefined) throw new Error(`The route ${method} ${url} does not say what it needs.`);
  if ((PROJECT_PERMISSIONS as readonly string[]).includes(needs) && !isOfProject)
    throw new Error(`The route ${method} ${url} needs ${needs}, and names no project.`);
  return { method, url, needs };
}
