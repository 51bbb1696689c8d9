/** What the exit codes mean; each command's `--help` names them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The words of the command line are wrong (`EX_USAGE` of sysexits). */
  usage: 64,
  /** The settings are wrong, those of the environment and the file too (`EX_CONFIG`): another start does not help. */
  settings: 78,
} as const;
