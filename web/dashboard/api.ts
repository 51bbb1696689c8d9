/** The platform's API. */

/** What the server wrote into the page. The build renders pages, too, where there is no document. */
const page: DOMStringMap = globalThis.document?.documentElement.dataset ?? {};

/** An answer other than success. The message is a sentence for the reader. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** What is wrong with which value, by the value's name. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(status: number, message: string, fields: ReadonlyMap<string, string> = new Map()) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

/** The URL of a path of the dashboard, relative to the open page. */
export function urlOf(path: string): string {
  return `${page.root}/${path}`;
}

/** The URL of a page of the project that the open page is about. */
export function pageInProject(path: string): string {
  return urlOf(`projects/${page.project}/${path}`);
}

/** The API's path for something of the project that the open page is about. */
export function inProject(path: string): string {
  return `api/v1/projects/${page.project}/${path}`;
}

/** The API's path for something of the whole platform, or of whoever asks. */
export function inPlatform(path: string): string {
  return `api/v1/${path}`;
}

/** @throws ApiError */
export function getJson<T>(path: string): Promise<T> {
  return ask<T>(path, { headers: { accept: 'application/json' } });
}

/** @throws ApiError */
export function postJson<T>(path: string, body: unknown = {}): Promise<T> {
  return sendJson<T>('POST', path, body);
}

/** @throws ApiError */
export function sendJson<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown): Promise<T> {
  return ask<T>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** @throws ApiError */
export function remove(path: string): Promise<void> {
  return ask<void>(path, { method: 'DELETE' });
}

let isLeaving = false;

/** Says that the page is being left: an answer that comes meanwhile must not lead elsewhere. */
export function leave(): void {
  isLeaving = true;
}

async function ask<T>(path: string, options: RequestInit): Promise<T> {
  const response = await fetch(urlOf(path), options);
  if (response.status === 401) {
    const { pathname, search } = location;
    if (!isLeaving) location.assign(urlOf(`sign-in?${new URLSearchParams({ to: `${pathname}${search}` })}`));
    // The page is about to be left: nothing that waits for this answer should show an error before that.
    return new Promise(() => {});
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw errorOf(response.status, answer);
  return answer;
}

/** The answer's sentence. @param answer - problem details, if they came */
function errorOf(status: number, answer: unknown): ApiError {
  const { detail, errors } = (answer ?? {}) as { detail?: string; errors?: unknown };
  const fields = (Array.isArray(errors) ? errors : []) as { name: string; detail: string }[];
  return new ApiError(
    status,
    detail ?? `The platform answered ${status}.`,
    new Map(fields.map(({ name, detail }) => [name, detail])),
  );
}

/** What went wrong, for the reader. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
