// The root unit of an execution on its way into the queue: what it waits for, if anything, or that the server that stores it has
// a thread for it and claims it at once (ENGINE E3).
import type { TimeLimit } from '../batch/time-limit.ts'
import { type Cap, countPlaces, lockCapsOfSubmissions, takePlaces } from './caps.ts'
import type { Database } from './database.ts'

/** How the root unit of an execution is to be run. */
export interface UnitSettings {
  readonly priority: number
  /** Seconds before it may begin; 0 = at once. */
  readonly delaySeconds: number
  readonly caps: readonly Cap[]
  /** `null` = as the server that recovers it has it. */
  readonly recovery: 'fail' | 'resume' | null
  /** It gives its threads to work of higher priority that finds none. */
  readonly preemptible: boolean
  readonly timeLimit: TimeLimit | null
  /** The step it begins with when no job code runs before it; `null` = its thread says when a step starts. */
  readonly firstStep?: string | null
}

/** A place in the queue: what the unit waits for, if anything, and whether it is counted in its caps. */
interface Place {
  readonly waitsFor: 'cap' | 'delay' | null
  readonly holdsCaps: boolean
}

/** Decides for each, in order, and counts those that are admitted. In a transaction when any has caps. */
async function placesOf(trx: Database, settings: readonly UnitSettings[]): Promise<Place[]> {
  const caps = settings.flatMap(each => each.caps)
  const free = caps.length === 0 ? new Map<string, number>() : await lockCapsOfSubmissions(trx, caps)
  const taken: string[] = []
  const places = settings.map(({ caps: own, delaySeconds }): Place => {
    if (delaySeconds > 0) return { waitsFor: 'delay', holdsCaps: false }
    const keys = own.map(cap => cap.key)
    if (!takePlaces(free, keys)) return { waitsFor: 'cap', holdsCaps: false }
    taken.push(...keys)
    return { waitsFor: null, holdsCaps: keys.length > 0 }
  })
  await countPlaces(trx, taken)
  return places
}

/** What of the settings stands in the unit's row, as JSON. */
export async function unitColumns(trx: Database, settings: readonly UnitSettings[]) {
  const places = await placesOf(trx, settings)
  return settings.map(
    ({ priority, delaySeconds, caps, recovery, preemptible, timeLimit, firstStep = null }, at) => ({
      ...places[at]!,
      priority,
      delaySeconds,
      recovery,
      preemptible,
      firstStep,
      timeLimitSeconds: timeLimit?.limitSeconds ?? null,
      timeWarningSeconds: timeLimit?.warningSeconds ?? null,
      capKeys: caps.map(cap => cap.key)
    })
  )
}

/** The record columns of `unitColumns`. */
export const UNIT_COLUMNS = /* sql */ `priority integer, "delaySeconds" double precision, "waitsFor" text,
  "holdsCaps" boolean, "capKeys" text[], recovery text, preemptible boolean, "firstStep" text, "timeLimitSeconds" double precision,
  "timeWarningSeconds" double precision`

/** Reads them from a CTE of that name, with ids and application: whoever has a free thread claims the units. */
export function insertUnits(cte: string): string {
  return insertFrom(cte, { status: `case when "waitsFor" is null then 'READY' else 'WAITING' end` })
}

/**
 * CTEs behind one that is named `submission` and has `seated` beside the others: `unit`, as the above, but a unit that is
 * seated and waits for nothing is claimed by `:incarnation` as it is stored. Only a live lease claims (E3), as everywhere.
 */
export const INSERT_CLAIMED_UNITS = /* sql */ `me as (
    select incarnation from incarnation
    where incarnation = :incarnation and expires > clock_timestamp() and dead_at is null for key share
  ), placed as (
    select s.*, me.incarnation as claimant from submission s left join me on s.seated and s."waitsFor" is null
  ), unit as (${insertFrom('placed', {
    status: `case when claimant is not null then 'CLAIMED' when "waitsFor" is null then 'READY' else 'WAITING' end`,
    incarnation: 'claimant',
    epoch: '(claimant is not null)::integer'
  })} returning instance_id, status)`

function insertFrom(cte: string, columns: Readonly<Record<string, string>>): string {
  return /* sql */ `
    insert into unit (unit_id, kind, root_id, instance_id, execution_id, application, waits_for, priority, ready_time,
      cap_keys, holds_caps, recovery, preemptible, first_step, time_limit_seconds, time_warning_seconds,
      ${Object.keys(columns).join(', ')})
    select "unitId", 'execution', "unitId", "instanceId", "executionId", application, "waitsFor", priority,
      clock_timestamp() + "delaySeconds" * interval '1 second', "capKeys", "holdsCaps", recovery, preemptible, "firstStep",
      "timeLimitSeconds", "timeWarningSeconds", ${Object.values(columns).join(', ')}
    from ${cte}`
}
