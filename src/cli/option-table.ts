// The options of the client commands as data: names and meanings are those of Liberty's batchManager, so that scripts carry
// over; the few that it does not have are marked in docs/cli.md.

export interface OptionSpec {
  /** With its dashes. */
  readonly name: string
  /** `flag`: has no value; `prompt`: without a value it is asked for. */
  readonly form: 'value' | 'flag' | 'prompt'
  /** What stands for the value in the usage text. */
  readonly value?: string
  /** All values count, not the last one. */
  readonly repeatable?: true
  readonly help: string
}

/** Of every task. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: '--batchManager',
    form: 'value',
    value: 'host:port[,host2:port2…]',
    help: 'servers, tried in this order; https unless written http://host:port (default: http://127.0.0.1:9080)'
  },
  { name: '--user', form: 'value', value: 'name', help: 'user name' },
  {
    name: '--password',
    form: 'prompt',
    value: 'password',
    help: 'password; without a value it is asked for'
  },
  { name: '--passwordFile', form: 'value', value: 'file', help: 'file with the password in its first line' },
  {
    name: '--controlPropertiesFile',
    form: 'value',
    value: 'file[,file2…]',
    help: 'properties files with options, e.g. --user=bob; options of the command line count more'
  },
  {
    name: '--httpTimeout_s',
    form: 'value',
    value: 'seconds',
    help: 'to connect, and for an answer (default: 30)'
  },
  { name: '--trustSslCertificates', form: 'flag', help: 'accept any certificate: for development only' },
  {
    name: '--json',
    form: 'flag',
    help: 'one JSON document on standard output; messages go to standard error'
  }
]

/** Of tasks that can wait for the end of a job. */
export const WAIT_OPTIONS: readonly OptionSpec[] = [
  { name: '--wait', form: 'flag', help: 'wait until the job has ended; the exit code tells how' },
  {
    name: '--pollingInterval_s',
    form: 'value',
    value: 'seconds',
    help: 'time between two looks (default: growing, to 30; on a terminal to 2)'
  },
  {
    name: '--reconnectTimeout_s',
    form: 'value',
    value: 'seconds',
    help: 'how long waiting goes on while no server answers (default: 600)'
  },
  { name: '--verbose', form: 'flag', help: 'print options, job parameters, and each look' },
  { name: '--getJobLog', form: 'flag', help: 'print the job log at the end' },
  {
    name: '--returnExitStatus',
    form: 'flag',
    help: 'the exit code is the number at the beginning of the exit status'
  }
]

export const STOP_ON_SHUTDOWN: OptionSpec = {
  name: '--stopOnShutdown',
  form: 'flag',
  help: 'when this command is interrupted while it waits: stop the job, and wait for that'
}

export const ID_OPTIONS: readonly OptionSpec[] = [
  { name: '--jobInstanceId', form: 'value', value: 'id', help: 'the job instance' },
  { name: '--jobExecutionId', form: 'value', value: 'id', help: 'the job execution' }
]

export const PARAMETER_OPTIONS: readonly OptionSpec[] = [
  {
    name: '--jobParameter',
    form: 'value',
    value: 'key=value',
    repeatable: true,
    help: 'a job parameter; repeatable'
  },
  {
    name: '--jobParametersFile',
    form: 'value',
    value: 'file[,file2…]',
    help: 'properties files of job parameters'
  },
  {
    name: '--jobPropertiesFile',
    form: 'value',
    value: 'file[,file2…]',
    help: 'the same as --jobParametersFile'
  }
]

/** What selects job instances in listJobs and purge. */
export const FILTER_OPTIONS: readonly OptionSpec[] = [
  { name: '--jobInstanceId', form: 'value', value: 'ids', help: '10, 10:20, ">10", "<10", or 10,12,15' },
  {
    name: '--createTime',
    form: 'value',
    value: 'days',
    help: '2026-09-15, 2026-09-10:2026-09-27, ">3d" (in the last 3 days) or "<3d"'
  },
  { name: '--instanceState', form: 'value', value: 'states', help: 'e.g. COMPLETED,FAILED' },
  { name: '--exitStatus', form: 'value', value: 'pattern', help: 'e.g. "*JOB*"' }
]

export const PAGE_OPTIONS: readonly OptionSpec[] = [
  { name: '--page', form: 'value', value: 'number', help: 'page, counted from 0 (default: 0)' },
  { name: '--pageSize', form: 'value', value: 'number', help: 'job instances on a page (default: 50)' }
]
