// What histories can be asked for, and their pages.
import { Type, type Static } from 'typebox'
import { BATCH_STATUSES, type BatchStatus } from '../../batch/batch-status.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { RunPage, RunSearch } from '../../schedule/runs.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { DEFAULT_LIMIT, idKeyOf, NextToken, PagingQuery, tokenAfter } from '../system/list-page.ts'
import { GivenTime, timesOf } from './given-time.ts'
import { NamePattern } from './names.ts'
import { RunView, runView } from './view/run.ts'

const FILTERS = {
  schedule: Type.Optional(NamePattern),
  definition: Type.Optional(NamePattern),
  batchStatus: Type.Optional(Type.String({ minLength: 1, description: 'One or more, with commas between.' })),
  from: Type.Optional(GivenTime),
  to: Type.Optional(GivenTime),
  ...PagingQuery
}

export const HistoryQuery = closedObject(FILTERS)

/** Over all schedules; `name` is the schedule's, as `schedule` is. */
export const AllHistoryQuery = closedObject({ name: Type.Optional(NamePattern), ...FILTERS })

export const RunsPage = closedObject({ items: Type.Array(RunView), nextToken: NextToken })

/** `list`: whose tokens it takes. */
export function runQueryOf(list: string, query: Static<typeof AllHistoryQuery>): RunSearch {
  const { from, to } = timesOf(query, ['from', 'to'])
  return {
    schedules: [query.name, query.schedule].filter(pattern => pattern !== undefined),
    definitions: [query.definition].filter(pattern => pattern !== undefined),
    scheduleId: null,
    ofSchedules: false,
    batchStatuses: query.batchStatus === undefined ? null : statusesOf(query.batchStatus),
    from,
    to,
    before: idKeyOf(list, query),
    limit: query.limit ?? DEFAULT_LIMIT
  }
}

export function runsPage(list: string, { runs, more }: RunPage): Static<typeof RunsPage> {
  const last = runs.at(-1)
  return {
    items: runs.map(runView),
    nextToken: more && last !== undefined ? tokenAfter(list, String(last.instanceId)) : null
  }
}

function statusesOf(text: string): BatchStatus[] {
  const words = text.split(',').map(word => word.trim())
  const unknown = words.find(word => !(BATCH_STATUSES as readonly string[]).includes(word))
  if (unknown !== undefined)
    throw fieldsInvalid([{ path: 'batchStatus', message: `must be one of ${BATCH_STATUSES.join(', ')}` }])
  return words as BatchStatus[]
}
