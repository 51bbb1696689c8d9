/** What the exit codes mean; each command's `--help` names them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The words of the command line are wrong (`EX_USAGE` of sysexits). */
  usage: 64,
} as const;
