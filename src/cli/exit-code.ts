// The exit code that tells a script how its job ended, as Liberty's batchManager has it.
import { BATCH_STATUSES } from '../batch/batch-status.ts'
import { CliError, EXIT } from './cli-error.ts'

const FIRST = 30
const LARGEST_INT = 2_147_483_647

/** 30 for STARTING to 36 for ABANDONED. */
export function batchStatusExitCode(batchStatus: string): number {
  const ordinal = (BATCH_STATUSES as readonly string[]).indexOf(batchStatus)
  if (ordinal === -1)
    throw new CliError(EXIT.failed, `The server sent an unknown batch status: ${batchStatus}.`)
  return FIRST + ordinal
}

/**
 * For `--returnExitStatus`: the digits at the beginning of the exit status, of which a process can hand out the lowest eight
 * bits; or the code of the batch status it names.
 *
 * @throws CliError 255 when it is neither.
 */
export function exitStatusExitCode(exitStatus: string): number {
  const digits = /^\d+/.exec(exitStatus)?.[0]
  if (digits !== undefined && Number(digits) <= LARGEST_INT) return Number(digits) % 256
  if ((BATCH_STATUSES as readonly string[]).includes(exitStatus)) return batchStatusExitCode(exitStatus)
  throw new CliError(
    EXIT.failed,
    `The exit status ${JSON.stringify(exitStatus)} gives no exit code: it neither begins with a number nor is a batch status.`
  )
}
