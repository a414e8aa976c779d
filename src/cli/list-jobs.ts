// batchyard listJobs: one page of job instances, newest first.
import type { Command } from 'commander'
import { FILTER_OPTIONS, PAGE_OPTIONS } from './option-table.ts'
import type { OptionValues } from './option-values.ts'
import type { Session } from './session.ts'
import { taskCommand } from './task-command.ts'

const FILTERS = FILTER_OPTIONS.map(({ name }) => name.slice(2))
const PAGE_SIZE = 50
const LARGEST_INT = 2_147_483_647

export function listJobsCommand(): Command {
  return taskCommand({
    name: 'listJobs',
    summary: 'list job instances',
    options: [...FILTER_OPTIONS, ...PAGE_OPTIONS],
    missing: () => null,
    run: listJobs
  })
}

async function listJobs({ options, batch, report }: Session): Promise<number> {
  const filters = filtersOf(options)
  const instances = await batch.instances(selectionOf(options, filters), filters.length > 0)
  for (const instance of instances) report.instance(instance)
  report.add('jobInstances', instances)
  return 0
}

/** The filters that were given, as the API has them. */
export function filtersOf(options: OptionValues): readonly (readonly [name: string, value: string])[] {
  return FILTERS.flatMap(name => {
    const value = options.text(name)
    return value === null ? [] : [[name, value] as const]
  })
}

export function selectionOf(options: OptionValues, filters: ReturnType<typeof filtersOf>): URLSearchParams {
  const range = { min: 0, max: LARGEST_INT, whole: true }
  const query = new URLSearchParams()
  for (const [name, value] of filters) query.append(name, value)
  query.append('page', `${options.number('page', range) ?? 0}`)
  query.append('pageSize', `${options.number('pageSize', range) ?? PAGE_SIZE}`)
  return query
}
