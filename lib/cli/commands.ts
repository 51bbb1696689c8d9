import type { CommandEntry } from './command.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'report',
    summary: "measure this machine's network and say whether direct connections work",
    load: async () => (await import('./report-command.js')).reportCommand,
  },
  {
    name: 'peer',
    summary: 'be the peer that reports of other machines try',
    load: async () => (await import('./peer-command.js')).peerCommand,
  },
  {
    name: 'doctor',
    summary: 'check an API secret and the way to its platform, step by step',
    load: async () => (await import('./doctor-command.js')).doctorCommand,
  },
  {
    name: 'secret inspect',
    summary: 'show what an API secret holds, without its key',
    load: async () => (await import('./secret-inspect-command.js')).secretInspectCommand,
  },
  {
    name: 'demo',
    summary: 'a platform and an app on this machine alone, to press the button once',
    load: async () => (await import('./demo-command.js')).demoCommand,
  },
];

/** The command that the first words name, and the words that follow it. */
export function findCommand(
  words: readonly string[],
): { entry: CommandEntry; rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const entry = COMMANDS.find((candidate) => candidate.name === name);
    if (entry !== undefined) return { entry, rest: words.slice(length) };
  }
  return undefined;
}
