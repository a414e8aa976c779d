// The password that somebody is to have: without this file it would stand in a command line, where `ps` and histories show it.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { CliError, EXIT } from '../cli-error.ts'
import { ask } from '../password.ts'

/** Long enough that guessing at the server's pace is hopeless; what makes it good is up to whoever chooses it. */
const SHORTEST = 8

/** The first line of the file (`-` = standard input) or of what is piped in; at a terminal asked for twice, without an echo. */
export async function newPassword(user: string, file: string | undefined): Promise<string> {
  const password =
    file === undefined && process.stdin.isTTY ? await askTwice(user) : await firstLine(file ?? '-')
  if (password.length < SHORTEST)
    throw new CliError(EXIT.badValue, `A password has at least ${SHORTEST} characters.`)
  if (/\p{Cc}/u.test(password)) throw new CliError(EXIT.badValue, 'A password has no control characters.')
  return password
}

async function askTwice(user: string): Promise<string> {
  const first = await ask(`New password of ${user}: `)
  if (first !== (await ask('Once more: '))) throw new CliError(EXIT.badValue, 'The two are not the same.')
  return first
}

async function firstLine(file: string): Promise<string> {
  const all = file === '-' ? await text(process.stdin) : await textOf(file)
  return all.split(/\r?\n/, 1)[0]!
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError(EXIT.failed, `--password-file: ${(error as Error).message}`)
  }
}
