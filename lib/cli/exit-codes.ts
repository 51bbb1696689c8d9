/** What the exit codes mean; each command's `--help` names those it uses. */
export const EXIT = {
  ok: 0,
  /** The command could not do its work, or `doctor` found something. Not used by `report`. */
  failed: 1,
  /** The words of the command line are wrong (`EX_USAGE` of sysexits). */
  usage: 64,
  /** `report` could not make a report (`EX_SOFTWARE`): its codes 1 to 3 describe the network. */
  noReport: 70,
} as const;

/** Of a command that a signal ended, as shells report it. `SIGPIPE`: nobody reads standard output any more. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;
