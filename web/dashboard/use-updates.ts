import { useEffect, useMemo, useState } from 'preact/hooks';
import { Updates, type UpdatesOptions } from './updates.js';

/** A page's connection to the platform. */
export interface Connection {
  /** Whether the page is told of changes; `null` before that is known. */
  isLive: boolean | null;
  /** What went wrong; empty when nothing did. */
  error: string;
  showError(message: string): void;
  /** Brings the page up to date. */
  refresh(): Promise<void>;
}

/** Keeps a page up to date. @param make - is called once, so what it closes over must not change */
export function useUpdates(make: () => Omit<UpdatesOptions, 'onLive' | 'onError'>): Connection {
  const [isLive, onLive] = useState<boolean | null>(null);
  const [error, onError] = useState('');
  const updates = useMemo(() => new Updates({ ...make(), onLive, onError }), []);
  useEffect(() => {
    updates.start();
    return () => updates.stop();
  }, [updates]);
  return { isLive, error, showError: onError, refresh: () => updates.refresh() };
}
