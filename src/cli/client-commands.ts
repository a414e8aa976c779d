// The tasks of Liberty's batchManager, and explain: what works against a server anywhere, and needs nothing of one here.
import type { Command } from 'commander'
import { explainCommand } from './explain.ts'
import { getJobLogCommand } from './get-job-log.ts'
import { listJobsCommand } from './list-jobs.ts'
import { purgeCommand } from './purge.ts'
import { restartCommand } from './restart.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { submitCommand } from './submit.ts'

/** To be added to a program that is run by `parseAsync`; they set `process.exitCode`. */
export function clientCommands(): Command[] {
  return [
    submitCommand(),
    stopCommand(),
    restartCommand(),
    statusCommand(),
    explainCommand(),
    getJobLogCommand(),
    listJobsCommand(),
    purgeCommand()
  ]
}
