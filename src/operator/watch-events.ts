// Events for one watcher: what he asked for, of what he may see, in the order of the feed.
import { maskedParameters } from '../batch/secret-parameters.ts'
import type { Database } from '../store/database.ts'
import { type EventInstance, instancesOfEvents, parametersOfExecutions } from '../store/event-context.ts'
import type { StoredEvent } from '../store/events.ts'
import { mayRead, requireAnyRole, seesSecrets } from './authorization.ts'
import type { Caller } from './caller.ts'
import type { EventFeed } from './event-feed.ts'

export interface EventWatch {
  /** Position of the last event that was seen; `null` = from now on. */
  readonly after: string | null
  /** `null` = of all. */
  readonly instanceId: number | null
  /** Whether events of a topic (without root) are wanted. */
  readonly wants: (topic: string) => boolean
}

/** An event with what it does not say itself. */
export interface WatchedEvent extends StoredEvent {
  /** `''` once its instance was purged. */
  readonly jobName: string
  /** Of the execution it tells of, secrets masked; empty for events of instances. */
  readonly jobParameters: Readonly<Record<string, string>>
}

export type Watched =
  | { readonly kind: 'events'; readonly events: readonly WatchedEvent[]; readonly position: string }
  /** Some are gone, or the position is none of this repository: what is known must be looked at anew. */
  | { readonly kind: 'reset'; readonly position: string }

export interface WatchOptions {
  readonly db: Database
  readonly feed: EventFeed
  readonly secretWords: readonly string[]
}

export type WatchEvents = (watch: EventWatch, caller: Caller) => AsyncGenerator<Watched, void, void>

/**
 * Never ends by itself; gives empty pages now and then, so that who watches can say that he is still there. Refuses with
 * RoleMissing at once.
 */
export function watchEvents(
  options: WatchOptions,
  watch: EventWatch,
  caller: Caller
): AsyncGenerator<Watched, void, void> {
  requireAnyRole(caller)
  return pages(options, watch, caller)
}

async function* pages(
  options: WatchOptions,
  { after, instanceId, wants }: EventWatch,
  caller: Caller
): AsyncGenerator<Watched, void, void> {
  let position = after ?? (await options.feed.now())
  for (;;) {
    const page = await options.feed.next(position)
    position = page.position
    if (page.kind === 'reset') {
      yield page
      continue
    }
    const wanted = page.events.filter(
      event => wants(event.kind) && (instanceId === null || event.instanceId === instanceId)
    )
    yield { kind: 'events', events: await shown(options, wanted, caller), position }
  }
}

async function shown(
  { db, secretWords }: WatchOptions,
  events: readonly StoredEvent[],
  caller: Caller
): Promise<WatchedEvent[]> {
  const owners = await instancesOfEvents(db, [
    ...new Set(events.flatMap(({ instanceId }) => instanceId ?? []))
  ])
  const parameters = await parametersOfExecutions(db, [...new Set(events.flatMap(executionOf))])
  return events.flatMap(event => {
    const owner = ownerOf(event, owners)
    // As runs of schedules, their deadlines are for all who have a role.
    const forAll = event.kind.startsWith('deadlines/') && event.body['schedule'] !== null
    if (forAll) return [{ ...event, jobName: owner?.jobName ?? '', jobParameters: {} }]
    if (owner === null || !mayRead(caller, owner)) return []
    const [executionId] = executionOf(event)
    const own = (executionId === undefined ? undefined : parameters.get(executionId)) ?? {}
    const jobParameters = seesSecrets(caller, owner) ? own : maskedParameters(own, secretWords)
    return [{ ...event, jobName: owner.jobName, jobParameters }]
  })
}

function executionOf({ kind, body }: StoredEvent): number[] {
  return kind.startsWith('jobs/execution/') ? [body['execution_id'] as number] : []
}

/** Events of a purged instance tell themselves whose it was; of what only belonged to it, only who sees all is told. */
function ownerOf(event: StoredEvent, owners: ReadonlyMap<number, EventInstance>): EventInstance | null {
  if (event.instanceId === null) return null
  const known = owners.get(event.instanceId)
  if (known !== undefined) return known
  const { job_name: jobName, submitter, operation_groups: operationGroups } = event.body
  return {
    instanceId: event.instanceId,
    jobName: (jobName as string | undefined) ?? '',
    submitter: (submitter as string | undefined) ?? '',
    operationGroups: (operationGroups as readonly string[] | undefined) ?? []
  }
}
