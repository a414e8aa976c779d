// batchyard getJobLog: the log of an instance or execution, as text or as a zip of its parts.
import type { Command } from 'commander'
import { CliError, EXIT } from './cli-error.ts'
import { ID_OPTIONS } from './option-table.ts'
import { printJobLog, proposedName, saveJobLog, textOfJobLog } from './save-log.ts'
import { jobIdOf, missingId, type Session } from './session.ts'
import { taskCommand } from './task-command.ts'

export function getJobLogCommand(): Command {
  return taskCommand({
    name: 'getJobLog',
    summary: 'print or save the job log',
    options: [
      ...ID_OPTIONS,
      { name: '--type', form: 'value', value: 'text|zip', help: 'text (default) or zip' },
      {
        name: '--outputFile',
        form: 'value',
        value: 'file',
        help: 'where to save it (default: a text is printed, a zip is saved in this folder)'
      }
    ],
    missing: missingId,
    run: getJobLog
  })
}

async function getJobLog({ options, batch, report }: Session): Promise<number> {
  const type = options.text('type') ?? 'text'
  if (type !== 'text' && type !== 'zip')
    throw new CliError(EXIT.badValue, `--type=${type}: text or zip is expected.`)
  const jobId = jobIdOf(options)
  const reply = await batch.jobLog(jobId, type)
  const fallback = type === 'zip' ? `joblogs.${jobId.kind}.${jobId.id}.zip` : null
  const file = options.text('outputFile') ?? proposedName(reply.header('content-disposition')) ?? fallback
  if (file === null) {
    if (report.json) report.add('jobLog', await textOfJobLog(reply))
    else await printJobLog(reply, process.stdout)
    return 0
  }
  const path = await saveJobLog(reply, file)
  report.message('CWWKY0111I', `The job log was written to ${path}`)
  report.add('outputFile', path)
  return 0
}
