// batchyard restart --dryRun: what it would do with each step and partition, with which parameters, or why it would be refused.
import { listOf, objectOf, textField } from './batch-records.ts'
import type { Restart } from './batch-rest.ts'
import { CliError, EXIT } from './cli-error.ts'
import type { Session } from './session.ts'

type Fields = Readonly<Record<string, unknown>>

/** 0 when it would be accepted. @throws CliError 255 saying why not. */
export async function tellRestart(
  { batch, report }: Session,
  restart: Omit<Restart, 'newest'>
): Promise<number> {
  const preview = await batch.previewRestart(restart)
  report.add('restartPreview', preview)
  const { restartable, steps, parameters, definition } = preview
  const reason = textField(preview, 'reason')
  if (!restartable)
    throw new CliError(
      EXIT.failed,
      `Job instance ${restart.instanceId} would not be restarted${reason === '' ? '.' : `: ${reason}`}`
    )
  report.message(null, `Job instance ${restart.instanceId} would be restarted; nothing was done.`)
  if (reason !== '') report.message(null, `But: ${reason}`)
  for (const step of steps) {
    report.message(null, `Step ${textField(step, 'stepName')}: ${treatmentOf(step)}`)
    for (const partition of listOf(step['partitions'], objectOf))
      report.message(null, `  Partition ${String(partition['partitionNumber'])}: ${treatmentOf(partition)}`)
  }
  for (const [name, values] of Object.entries(parameters)) {
    const { before, after } = objectOf(values)
    const same = before === after
    report.message(null, `Parameter ${name}: ${valueOf(before)}${same ? '' : ` -> ${valueOf(after)}`}`)
  }
  const note = textField(definition, 'note')
  if (note !== '') report.message(null, note)
  return 0
}

/** `resume behind chunk 2 (20 items read): it is FAILED`. */
function treatmentOf(element: Fields): string {
  const from = element['from']
  const why = textField(element, 'why')
  const place = typeof from === 'object' && from !== null ? placeOf(objectOf(from)) : ''
  const doubt = element['certain'] === false ? ', if it is come to' : ''
  return `${textField(element, 'will')}${place}${doubt}${why === '' ? '' : `: ${why}`}`
}

function placeOf(from: Fields): string {
  return ` behind chunk ${String(from['chunkNumber'])} (${String(from['itemsRead'])} items read)`
}

function valueOf(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : 'not set'
}
