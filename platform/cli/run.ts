import { type Command, CommanderError } from 'commander';
import { EXIT } from './exit-codes.js';
import { exitCodeOf, ToldFailure, wordsOf } from './failure.js';
import { createProgram, secretIn } from './program.js';

/** Runs the command that the words name. Resolves with the exit code; never rejects. */
export async function run(words: readonly string[]): Promise<number> {
  // Before anything else reads the words, so that no error message repeats a secret.
  const betrayed = secretIn(words);
  if (betrayed !== null) {
    process.stderr.write(`${betrayed}\n`);
    return EXIT.usage;
  }
  const program = createProgram();
  throwInsteadOfExit(program);
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync([...words], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has printed it already: the help that was asked for, or which words are wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof ToldFailure)) process.stderr.write(`${wordsOf(error)}\n`);
    return exitCodeOf(error);
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const one of command.commands) throwInsteadOfExit(one);
}
