/** The words of the command line are wrong. Its message says which, and what would be right. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Does `parse` (of node:util's `parseArgs`), with its complaints as {@link UsageError}. */
export function parsing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const isComplaint =
      error instanceof Error && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
    throw isComplaint ? new UsageError(error.message) : error;
  }
}
