// Runs inside the server's threads: makes artifacts of our interfaces from the suite's factories, by what is injected.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { readFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { ARTIFACT_METHODS } from '../../../src/applications/artifact-forms.ts'
import type { Injected } from '../../../src/batch/artifacts.ts'
import { RestJobOperator } from '../job-operator.ts'
import { SystemPropertyFile } from '../system-property-file.ts'
import { callRecorder, type CallRecorder } from './call-recorder.ts'
import { javaErrors } from './java-errors.ts'
import { type Sql, sqlOf } from './sql.ts'
import { SQL_ARTIFACTS } from './sql-artifacts.ts'

/** What the runner writes into the module of a generated application. */
export interface ApplicationSettings {
  readonly application: string
  /** Path of the module with the factories. */
  readonly artifacts: string
  /** Folder for what the runner and the artifacts of this case tell each other. */
  readonly exchange: string
  /** File with the server's address: it is not known yet when the application is written. */
  readonly serverFile: string
  readonly databaseUrl: string
  /** Schema with the tables of the transaction cases; `null` = the case has none. */
  readonly schema: string | null
  readonly record: boolean
}

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>
type Factory = (environment: object) => Methods

const METHODS = Object.keys(ARTIFACT_METHODS)

/** Classes by the names a JSL refers to. */
export async function adaptArtifacts(settings: ApplicationSettings): Promise<Record<string, unknown>> {
  const module = (await import(pathToFileURL(settings.artifacts).href)) as {
    artifacts: Readonly<Record<string, Factory>>
    parents: Readonly<Record<string, string>>
  }
  const environmentOf = environments(settings)
  const toJavaError = javaErrors(module.parents)
  const record = settings.record ? callRecorder(join(settings.exchange, 'calls')) : null
  const canonical = new Map<Factory, string>()
  for (const [name, factory] of Object.entries(module.artifacts))
    if (!canonical.has(factory)) canonical.set(factory, name)

  const adapted = Object.entries(module.artifacts).map(([name, factory]) => {
    const make = (settings.schema !== null && SQL_ARTIFACTS[name]) || factory
    const known = canonical.get(factory) ?? name
    // A class, so that every reference gets an instance of its own; `new` answers the object that is returned here.
    const Adapted = class {
      constructor(injected: Injected) {
        return withErrors(toJavaError, () => {
          const artifact = (make as Factory)(environmentOf(injected))
          return wrapped(artifact, toJavaError, record, known, injected)
        }) as object
      }
    }
    return [name, Adapted] as const
  })
  return Object.fromEntries(adapted)
}

function wrapped(
  artifact: Methods,
  toJavaError: (thrown: unknown) => unknown,
  record: CallRecorder | null,
  name: string,
  injected: Injected
): object {
  const methods = METHODS.filter(method => typeof artifact[method] === 'function')
  const recordOf = record?.(name, methods, injected)
  const wrappers = methods.map(method => {
    const call = (...args: unknown[]) => {
      const ended = recordOf?.(method, args)
      const failed = (thrown: unknown): never => {
        ended?.({ throws: thrown })
        throw toJavaError(thrown)
      }
      try {
        const answer = artifact[method]!(...args)
        const finished = (ret: unknown) => {
          ended?.({ ret })
          return method === 'mapPartitions' ? partitionPlan(ret) : ret
        }
        return answer instanceof Promise ? answer.then(finished, failed) : finished(answer)
      } catch (thrown) {
        return failed(thrown)
      }
    }
    return [method, call] as const
  })
  return Object.fromEntries(wrappers)
}

/** The suite's plans call their flag by another name than ours. */
function partitionPlan(plan: unknown): object {
  const { override, ...rest } = plan as { readonly override: boolean }
  return { ...rest, partitionsOverride: override }
}

function withErrors<T>(toJavaError: (thrown: unknown) => unknown, make: () => T): T {
  try {
    return make()
  } catch (thrown) {
    throw toJavaError(thrown)
  }
}

/** The environment the suite describes at the top of its artifacts, for one artifact at a time. */
function environments(settings: ApplicationSettings): (injected: Injected) => object {
  const sys = new SystemPropertyFile(join(settings.exchange, 'system-properties.json'))
  // Application scope is that of a thread: threads share no memory. All steps of an execution run in one, but for
  // partitions and the flows of a split.
  const singletons = new Map<string, unknown>()
  const scratches = new Map<number, object>()
  let jobOperator: RestJobOperator | null = null

  return injected => {
    const { executionId } = injected.jobContext
    const test = scratches.get(executionId) ?? {}
    scratches.set(executionId, test)
    let sql: Sql | null = null
    return {
      // '' counts as null for the suite; ours leaves such a property out.
      prop: (name: string) => injected.properties[name] || null,
      job: injected.jobContext,
      step: injected.stepContext,
      sys,
      get sql() {
        return (sql ??= sqlOf(injected, settings.databaseUrl, settings.schema!))
      },
      sleep: (milliseconds: number) => delay(milliseconds),
      // A pass of a loop that waits to be stopped: long enough for the stop to come.
      tick: () => delay(2),
      now: () => Date.now(),
      threadId: () => threadId,
      shared: (name: string, create: () => unknown) => {
        if (!singletons.has(name)) singletons.set(name, create())
        return singletons.get(name)
      },
      get jobOperator() {
        return (jobOperator ??= new RestJobOperator(
          readFileSync(settings.serverFile, 'utf8'),
          settings.application
        ))
      },
      test
    }
  }
}
