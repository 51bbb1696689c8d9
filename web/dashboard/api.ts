/** The platform's API. */

/** The URL of a path of the dashboard, relative to the open page. */
export function urlOf(path: string): string {
  return `${document.documentElement.dataset.root}/${path}`;
}

/** The URL of a page of the project that the open page is about. */
export function pageInProject(path: string): string {
  return urlOf(`projects/${document.documentElement.dataset.project}/${path}`);
}

/** The API's path for something of the project that the open page is about. */
export function inProject(path: string): string {
  return `api/v1/projects/${document.documentElement.dataset.project}/${path}`;
}

/** @throws Error with a sentence for the reader */
export function getJson<T>(path: string): Promise<T> {
  return ask<T>(path, { headers: { accept: 'application/json' } });
}

/** @throws Error with a sentence for the reader */
export function postJson<T>(path: string, body: unknown = {}): Promise<T> {
  return ask<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function ask<T>(path: string, options: RequestInit): Promise<T> {
  const response = await fetch(urlOf(path), options);
  if (response.status === 401) {
    location.assign(urlOf('sign-in'));
    // The page is about to be left: nothing that waits for this answer should show an error before that.
    return new Promise(() => {});
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.detail ?? `The platform answered ${response.status}.`);
  return answer;
}

/** What went wrong, for the reader. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
