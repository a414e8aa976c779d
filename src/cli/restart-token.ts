// The file of --restartTokenFile: one line that makes the next submit of the same script a restart, if that is what it needs.
import { writeFile } from 'node:fs/promises'
import { CliError, EXIT } from './cli-error.ts'
import { parseProperties, textOfFile } from './properties-file.ts'

const OPTION = '--restartTokenFile'

/** The instance id; null in an empty file. @throws CliError 255 when there is no such file, or it holds something else. */
export async function restartTokenOf(file: string): Promise<number | null> {
  const properties = parseProperties(await textOfFile(OPTION, file))
  const token = properties.findLast(([key]) => key === 'restartJob')?.[1]
  if (token === undefined && properties.length === 0) return null
  if (token === undefined || !/^\d{1,15}$/.test(token))
    throw new CliError(
      EXIT.failed,
      `${OPTION}: ${file} holds no restartJob=<job instance id>, and is not empty.`
    )
  return Number(token)
}

/** @param instanceId null empties the file. */
export async function keepRestartToken(file: string, instanceId: number | null): Promise<void> {
  try {
    await writeFile(file, instanceId === null ? '' : `restartJob=${instanceId}\n`)
  } catch (error) {
    const what = instanceId === null ? 'emptied' : `given restartJob=${instanceId}`
    throw new CliError(EXIT.failed, `${OPTION}: ${file} cannot be ${what}: ${(error as Error).message}`, {
      cause: error
    })
  }
}
