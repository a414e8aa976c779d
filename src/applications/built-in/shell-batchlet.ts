// `shellBatchlet`: runs a command or a script of the operating system, and nothing of it outlives its step.
import { stat } from 'node:fs/promises'
import type { Batchlet, Injected } from '../../batch/artifacts.ts'
import { checkNames, listOf, numberOf, textOf, textsOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { type GroupCommand, type ProcessGroup, startProcessGroup } from './process-group.ts'

const NAMES = [
  'command',
  'arguments',
  'script',
  'directory',
  'environment',
  'timeoutSeconds',
  'graceSeconds',
  'exitStatus'
]

/** Longer than any job's life; the timer cannot take more than 24 days. */
const LONGEST_SECONDS = 2_000_000

export function shellBatchlet(setting: BuiltInSetting): new (injected: Injected) => Batchlet {
  return class ShellBatchlet implements Batchlet {
    readonly #injected: Injected
    #lastError = ''

    constructor(injected: Injected) {
      this.#injected = injected
    }

    /** The exit status is what the property `exitStatus` has for the exit code; 0 alone needs none. */
    async process(): Promise<string | undefined> {
      setting.limits.checkShell(setting.inline)
      const { log, properties, signal } = this.#injected
      checkNames('shellBatchlet', properties, NAMES)
      const statuses = exitStatuses(textsOf(properties, 'exitStatus'))
      const seconds = numberOf(properties, 'timeoutSeconds', { min: 1, max: LONGEST_SECONDS, absent: null })
      const grace = numberOf(properties, 'graceSeconds', { min: 0, max: 3600, absent: 10 })
      const command = await this.#command()
      signal.throwIfAborted()
      const began = performance.now()
      const group = startProcessGroup(command)
      const limit = limitOf(group, signal, seconds, grace)
      try {
        const code = await group.ended
        const took = ((performance.now() - began) / 1000).toFixed(1)
        log.info(
          `The command ended ${code === null ? 'by SIGKILL' : `with exit code ${code}`} after ${took} s.`
        )
        signal.throwIfAborted()
        if (limit.timedOut) throw new Error(`The command was ended: it took longer than ${seconds} s.`)
        return this.#exitStatus(code, statuses)
      } finally {
        limit.release()
      }
    }

    async #command(): Promise<GroupCommand> {
      const { log, properties } = this.#injected
      return {
        command: commandOf(this.#injected),
        directory: await directoryOf(properties['directory'], setting),
        environment: {
          ...setting.limits.shellEnvironment,
          ...identity(this.#injected),
          ...environmentOf(this.#injected)
        },
        onLine: (stream, line) => {
          if (stream === 'stderr') this.#lastError = line.trim() === '' ? this.#lastError : line
          if (stream === 'stderr') log.warn(line)
          else log.info(line)
        }
      }
    }

    #exitStatus(code: number | null, statuses: ReadonlyMap<number, string>): string | undefined {
      const status = code === null ? undefined : statuses.get(code)
      if (status !== undefined || code === 0) return status
      const last = this.#lastError === '' ? '' : ` Its last line of errors: ${this.#lastError.slice(0, 500)}`
      if (code === null) throw new Error(`The command was killed.${last}`)
      throw new Error(`The command failed with exit code ${code}.${last}`)
    }
  }
}

function commandOf({ log, properties }: Injected): readonly [string, ...string[]] {
  const { command, script } = properties
  if ((command === undefined) === (script === undefined))
    throw new Error('shellBatchlet needs one of the properties command and script.')
  const list = listOf(properties, 'arguments')
  if ([command, script, ...list].some(text => text?.includes('\0')))
    throw new Error('Neither a command nor its arguments may contain NUL.')
  // Arguments may be secrets: they are counted, not told.
  const what = command === undefined ? 'A script' : `The command ${command}`
  log.info(`${what} begins${list.length === 0 ? '' : ` with ${list.length} arguments`}.`)
  if (command === undefined) return ['/bin/sh', '-c', textOf(properties, 'script'), 'script', ...list]
  if (command.startsWith('-')) throw new Error(`A command must not begin with a hyphen: ${command}`)
  return [command, ...list]
}

/** The application's folder itself is nothing that an inline JSL chose. */
async function directoryOf(given: string | undefined, { inline, limits }: BuiltInSetting): Promise<string> {
  const directory = await limits.checkFile(given ?? '.', inline && given !== undefined)
  const found = await stat(directory).catch((cause: unknown) => {
    throw new Error(`The directory ${directory} cannot be used.`, { cause })
  })
  if (!found.isDirectory()) throw new Error(`The directory ${directory} is none.`)
  return directory
}

/** For scripts that note what they have done: the same over restarts, but for the execution. */
function identity({ jobContext, stepContext, partitionNumber }: Injected): Record<string, string> {
  return {
    BATCHYARD_JOB: jobContext.jobName,
    BATCHYARD_INSTANCE: String(jobContext.instanceId),
    BATCHYARD_EXECUTION: String(jobContext.executionId),
    BATCHYARD_STEP: stepContext.stepName,
    ...(partitionNumber === null ? {} : { BATCHYARD_PARTITION: String(partitionNumber) })
  }
}

function environmentOf({ properties }: Injected): Readonly<Record<string, string>> {
  const environment = textsOf(properties, 'environment')
  for (const [name, value] of Object.entries(environment))
    if (name === '' || /[=\0]/.test(name) || value.includes('\0'))
      throw new Error('The property environment has a name with =, an empty one, or NUL.')
  return environment
}

/** `{"0":"DONE","3":"NOTHING"}` */
function exitStatuses(given: Readonly<Record<string, string>>): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(given).map(([code, status]) => {
      if (!/^\d{1,3}$/.test(code) || Number(code) > 255 || status === '')
        throw new Error(
          'The property exitStatus must have exit codes from 0 to 255 and the exit status for each, e.g. {"3":"NOTHING"}.'
        )
      return [Number(code), status]
    })
  )
}

interface Limit {
  readonly timedOut: boolean
  release(): void
}

/** Ends the group when a stop is requested or its time is over: SIGTERM, and after the grace SIGKILL. */
function limitOf(group: ProcessGroup, signal: AbortSignal, seconds: number | null, grace: number): Limit {
  let timedOut = false
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    group.terminate()
    killing ??= setTimeout(() => group.kill(), grace * 1000)
  }
  const timeout = () => {
    timedOut = true
    end()
  }
  const timer = seconds === null ? undefined : setTimeout(timeout, seconds * 1000)
  signal.addEventListener('abort', end, { once: true })
  return {
    get timedOut() {
      return timedOut
    },
    release() {
      clearTimeout(timer)
      clearTimeout(killing)
      signal.removeEventListener('abort', end)
    }
  }
}
