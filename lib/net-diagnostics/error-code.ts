/** The code of an error of ours or of the system's (`EACCES`), for the status. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'ERR_UNKNOWN';
}
