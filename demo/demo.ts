// `npm run demo`: a server, a job on real data, what became of it; without it a newcomer would have to read before seeing anything.
import { parseArgs } from 'node:util'
import { createBatchClient } from './batch-client.ts'
import { followExecution } from './follow-execution.ts'
import { startServer, type ServerProcess } from './server-process.ts'
import { showByHand, showJobLog, showReasons, showRows, showSteps } from './show-outcome.ts'

const USAGE = `npm run demo [-- --keep] [-- --param name=value …]

Starts a Batchyard server of its own, runs the job birdstrikes of jsl-samples/BirdStrikes and shows the outcome.

  --keep               leave the server up until Ctrl-C, to look around
  --param name=value   a job parameter, as slow.millis=2 or csv=/path/of/a.csv

BATCH_DATABASE_URL and BATCH_DATA_DIR (.batchyard/demo) are passed on. Ends with 0 when the job is COMPLETED, else with 1.`

function readOptions() {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      param: { type: 'string', multiple: true, default: [] }
    }
  })
  return values
}

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interrupted.abort(new Error(`interrupted by ${name}`)))

/** Each `name=value`; throws for anything else. */
function jobParametersOf(params: readonly string[]): Record<string, string> {
  const pairs = params.map(param => {
    const end = param.indexOf('=')
    if (end < 1) throw new Error(`--param takes name=value, not ${param}`)
    return [param.slice(0, end), param.slice(end + 1)] as const
  })
  return Object.fromEntries(pairs)
}

/** Runs the job and shows it; true when it is COMPLETED. */
async function runJob(server: ServerProcess, jobParameters: Record<string, string>): Promise<boolean> {
  const client = createBatchClient(server.url, interrupted.signal)
  const { instanceId } = await client.submit({
    applicationName: 'BirdStrikes',
    jobXMLName: 'birdstrikes',
    jobParameters
  })
  console.log(`Submitted: job instance ${instanceId}`)
  const execution = await followExecution(client, instanceId, interrupted.signal)
  const steps = await client.stepExecutions(execution.executionId)
  const completed = execution.batchStatus === 'COMPLETED'
  console.log(
    `\nJob execution ${execution.executionId} is ${execution.batchStatus}, exit status ${execution.exitStatus}\n`
  )
  showSteps(steps)
  const log = await client.jobLog(execution.executionId)
  if (completed) await showRows(server.dataDir, instanceId)
  else showReasons(execution, steps, log)
  showJobLog(execution.logpath, log)
  showByHand(server.url, instanceId, execution.executionId)
  return completed
}

async function main(): Promise<number> {
  const options = readOptions()
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const jobParameters = jobParametersOf(options.param)
  console.log('Starting a server (the first time it makes its database, which takes some seconds) …')
  const server = await startServer(interrupted.signal)
  try {
    console.log(`Ready: ${server.url} (process ${server.pid}, its log is ${server.log})`)
    // Whoever waits for an answer learns of the server's end at once, not by a time-out.
    const completed = await Promise.race([runJob(server, jobParameters), server.died])
    if (options.keep) {
      console.log('\nThe server stays up; Ctrl-C stops it.')
      await Promise.race([aborted(interrupted.signal), server.died])
    }
    return completed ? 0 : 1
  } finally {
    await server.stop()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

try {
  process.exitCode = await main()
} catch (error) {
  const { message, cause } = error as Error
  console.error(`\nThe demo failed: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
}
