import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { MeAnswer, Permission } from './answers.js';
import { getJson, inPlatform } from './api.js';

const KEY = 'net-diagnostics.me';

/** Whoever is signed in, and what he may. */
export class Me {
  readonly answer: MeAnswer;

  constructor(answer: MeAnswer) {
    this.answer = answer;
  }

  /** Whether there is something to sign out from. */
  get isSignedIn(): boolean {
    return this.answer.kind === 'user';
  }

  project(id: string): MeAnswer['projects'][number] | undefined {
    return this.answer.projects.find((project) => project.id === id);
  }

  /** What is not allowed is not offered; the platform refuses it anyway. @param project - empty: the whole platform */
  may(permission: Permission, project: string): boolean {
    const allowed = project === '' ? this.answer.permissions : this.project(project)?.permissions;
    return allowed?.includes(permission) ?? false;
  }
}

/**
 * Whoever is signed in, `null` until it is known, and what asks that anew. What the page before has learnt is shown at once,
 * so that nothing jumps.
 */
export function useMe(): [me: Me | null, refresh: () => void] {
  const [me, setMe] = useState<Me | null>(null);
  useLayoutEffect(() => {
    const known = remembered();
    if (known !== null) setMe(new Me(known));
  }, []);
  const refresh = () => {
    getJson<MeAnswer>(inPlatform('me')).then(
      (answer) => {
        remember(answer);
        setMe(new Me(answer));
      },
      // The page's own requests say what is wrong.
      () => {},
    );
  };
  useEffect(refresh, []);
  return [me, refresh];
}

/** For whoever signs out. */
export function forgetMe(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing is kept, then.
  }
}

function remember(answer: MeAnswer): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(answer));
  } catch {
    // A browser that keeps nothing waits for each answer.
  }
}

function remembered(): MeAnswer | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as MeAnswer | null;
  } catch {
    return null;
  }
}
