// Who the command calls as: without this file passwords would have to stand in command lines, where `ps` shows them.
import { CliError, EXIT } from './cli-error.ts'
import type { OptionValues } from './option-values.ts'
import { textOfFile } from './properties-file.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACES = ['\u0008', '\u007f']

/** The Authorization header; null without --user, as for a server that has no users. */
export async function credentialsOf(options: OptionValues): Promise<string | null> {
  const user = options.text('user')
  if (user === null) {
    if (options.has('password') || options.has('passwordFile'))
      throw new CliError(EXIT.missing, 'A password without --user.')
    return null
  }
  // RFC 7617 §2: the first colon ends the name.
  if (user === '' || user.includes(':'))
    throw new CliError(EXIT.badValue, '--user: a name without a colon is expected.')
  return `Basic ${Buffer.from(`${user}:${await passwordOf(options, user)}`, 'utf8').toString('base64')}`
}

async function passwordOf(options: OptionValues, user: string): Promise<string> {
  const given = options.text('password')
  if (given !== null && given !== '') return given
  const file = options.text('passwordFile')
  if (file !== null) {
    const [line = ''] = (await textOfFile('--passwordFile', file)).split(/\r?\n/)
    if (line === '') throw new CliError(EXIT.failed, `--passwordFile: the first line of ${file} is empty.`)
    return line
  }
  if (!process.stdin.isTTY)
    throw new CliError(
      EXIT.missing,
      'There is no terminal to ask for the password: give --passwordFile or --password.'
    )
  return await ask(`Password of ${user}: `)
}

/** Without an echo. Ctrl-C ends the process. */
export async function ask(question: string): Promise<string> {
  const { stdin, stderr } = process
  // First: what is typed at once must not be shown either.
  stdin.setRawMode(true)
  stderr.write(question)
  stdin.setEncoding('utf8')
  const password: string[] = []
  try {
    for await (const keys of stdin)
      for (const key of keys as string) {
        if (key === '\r' || key === '\n' || key === CTRL_D) return password.join('')
        if (key === CTRL_C) process.kill(process.pid, 'SIGINT')
        else if (BACKSPACES.includes(key)) password.pop()
        else password.push(key)
      }
    return password.join('')
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
