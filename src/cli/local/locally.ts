// One way for all local commands to fail: a sentence, and exit code 1 where the error names no other.
import { CliError } from '../cli-error.ts'

/** Runs the work of a command with the settings of a file `.env` in the working directory. Never rejects. */
export async function locally(work: () => Promise<void>): Promise<void> {
  try {
    const { readEnvFile } = await import('../../config/env-file.ts')
    readEnvFile()
    await work()
  } catch (error) {
    // Loaded only now: most of the server hangs on it, and `batchyard --help` should not wait for that.
    const { sentenceOf } = await import('./sentence-of.ts')
    process.stderr.write(`${sentenceOf(error)}\n`)
    process.exitCode = error instanceof CliError ? error.exitCode : 1
  }
}
