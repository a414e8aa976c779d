// batchyard explain: why a job instance, a schedule or a bulk job does not get on. Only servers of this project know.
import type { Command } from 'commander'
import { textField } from './batch-records.ts'
import { CliError, EXIT } from './cli-error.ts'
import { ID_OPTIONS } from './option-table.ts'
import type { OptionValues } from './option-values.ts'
import { jobIdOf, missingId, type Session } from './session.ts'
import { ServerRefusal } from './server-refusal.ts'
import { taskCommand } from './task-command.ts'

const THINGS = ['jobInstanceId', 'jobExecutionId', 'schedule', 'bulkJobId']

export function explainCommand(): Command {
  return taskCommand({
    name: 'explain',
    summary: 'say what a job instance, a schedule or a bulk job waits for',
    options: [
      ...ID_OPTIONS,
      { name: '--schedule', form: 'value', value: 'name', help: 'a schedule instead' },
      { name: '--bulkJobId', form: 'value', value: 'id', help: 'a bulk job instead' }
    ],
    missing: options =>
      options.has('schedule') || options.has('bulkJobId') || missingId(options) === null
        ? null
        : '--jobInstanceId, --jobExecutionId, --schedule or --bulkJobId must be given.',
    refused: options =>
      THINGS.filter(name => options.has(name)).length > 1 ? `Of ${listed()} one can be given.` : null,
    run: explain
  })
}

async function explain(session: Session): Promise<number> {
  const { batch, report } = session
  const { what, path } = await askedOf(session)
  const found = await batch.explanation(path).catch((error: unknown) => {
    if (error instanceof ServerRefusal && error.status === 404 && !error.isOurs)
      throw new CliError(EXIT.failed, 'This server cannot explain: it is none of this project.')
    throw error
  })
  const place = found['place']
  report.message(
    null,
    `${what} is ${found.state}${typeof place === 'number' ? `, number ${place} of what waits` : ''}.`
  )
  for (const reason of found.waitingFor) {
    const times = (['since', 'until'] as const)
      .filter(name => textField(reason, name) !== '')
      .map(name => `${name} ${textField(reason, name)}`)
    const when = times.length === 0 ? '' : ` (${times.join(', ')})`
    report.message(textField(reason, 'code'), `${textField(reason, 'text')}${when}`)
  }
  report.add('explanation', found)
  return 0
}

async function askedOf({
  options,
  batch
}: Session): Promise<{ readonly what: string; readonly path: string }> {
  const schedule = named(options, 'schedule')
  if (schedule !== null)
    return { what: `Schedule ${schedule}`, path: `schedules/${encodeURIComponent(schedule)}` }
  const bulkJob = named(options, 'bulkJobId')
  if (bulkJob !== null) return { what: `Bulk job ${bulkJob}`, path: `jobs/${encodeURIComponent(bulkJob)}` }
  const { kind, id } = jobIdOf(options)
  const instanceId = kind === 'jobinstances' ? id : (await batch.instanceOf(id)).instanceId
  return { what: `Job instance ${instanceId}`, path: `instances/${instanceId}` }
}

/** @throws CliError 22 for one that would lead to another path. */
function named(options: OptionValues, name: string): string | null {
  const text = options.text(name)
  if (text === '' || text === '.' || text === '..')
    throw new CliError(EXIT.badValue, `--${name}=${text}: a name is expected.`)
  return text
}

function listed(): string {
  const names = THINGS.map(name => `--${name}`)
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
