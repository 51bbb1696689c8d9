const KEY = 'net-diagnostics.project';

/** The project that this browser looked at last; `null`: none, or the browser keeps nothing. */
export function lastProject(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Remembers the project of the open page. */
export function rememberProject(project: string): void {
  try {
    localStorage.setItem(KEY, project);
  } catch {
    // A browser that keeps nothing starts at the first project.
  }
}
