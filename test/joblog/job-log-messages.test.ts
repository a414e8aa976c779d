// Without this tools that read Liberty's job logs could stop understanding ours.
import t from 'tap'
import * as banner from '../../src/joblog/job-log-banners.ts'
import * as message from '../../src/joblog/job-log-messages.ts'

const job = { jobName: 'test_basic', instanceId: 1234567, executionId: 161 }
const completed = { batchStatus: 'COMPLETED', exitStatus: 'all good' }
const failed = { batchStatus: 'FAILED', exitStatus: null }

t.test(
  'every message begins with the id Liberty gives that event, and ids in it are plain digits',
  async t => {
    const expected: [string, string][] = [
      ['CWWKY0009I', message.jobStarted(job)],
      ['CWWKY0010I', message.jobEnded(job, completed)],
      ['CWWKY0011W', message.jobEnded(job, failed)],
      ['CWWKY0012I', message.partitionStarted(job, 's', 0)],
      ['CWWKY0013I', message.partitionEnded(job, 's', 0, completed)],
      ['CWWKY0014W', message.partitionEnded(job, 's', 0, failed)],
      ['CWWKY0015I', message.flowStarted(job, 'f')],
      ['CWWKY0016I', message.flowEnded(job, 'f', completed)],
      ['CWWKY0017W', message.flowEnded(job, 'f', failed)],
      ['CWWKY0018I', message.stepStarted(job, 's')],
      ['CWWKY0019W', message.stepEnded(job, 's', failed)],
      ['CWWKY0020I', message.stepEnded(job, 's', completed)],
      ['CWWKY0021I', message.chunkStarted(job, 's')],
      ['CWWKY0022I', message.chunkEnded(job, 's', { READ_COUNT: 10 })],
      ['CWWKY0024W', message.chunkRolledBack(job, 's')],
      ['CWWKY0025W', message.chunkRolledBackForRetry(job, 's', 'Error: x')],
      ['CWWKY0026I', message.chunkArtifact(job, 's', 'reader opened', 'r')],
      ['CWWKY0029I', message.chunkArtifact(job, 's', 'writer closed', 'w')],
      ['CWWKY0030I', message.stepException(job, 's', 'running')],
      ['CWWKY0032I', message.stepException(job, 's', 'storing')],
      ['CWWKY0033I', message.jobException(job, 'running')],
      ['CWWKY0035I', message.jobException(job, 'storing')],
      ['CWWKY0042I', banner.resolvedJsl('<job/>', 'job')],
      ['CWWKY0043I', banner.unresolvedJsl('<job/>')]
    ]
    for (const [id, text] of expected) t.ok(text.startsWith(`${id}: `), text)
    for (const [, text] of expected.slice(0, -2)) t.match(text, /job instance 1234567\b.*job execution 161\b/)
  }
)

t.test('names come before statuses, and statuses before ids', async t => {
  t.match(
    message.jobEnded(job, completed),
    /test_basic.*batch status COMPLETED.*exit status all good.*1234567.*161/
  )
  t.match(
    message.partitionEnded(job, 'step1', 2, completed),
    /Partition 2.*COMPLETED.*all good.*step1.*1234567.*161/
  )
})

t.test('the frame around a job has its lines of name and value', async t => {
  const rule = '='.repeat(58)
  const lines = banner.jobEnd(job, { a: '1', password: 'geheim', b: 'x\ny' }, completed).split('\n')
  t.same(lines, [
    '',
    rule,
    'Completed invoking execution for a job',
    ' JobInstance id = 1234567',
    ' JobExecution id = 161',
    ' Job Name = test_basic',
    ' Job Parameters = {a=1, password=********, b=x y}',
    ' Job Batch Status = COMPLETED, Job Exit Status = all good',
    rule,
    ''
  ])
  t.match(banner.jobBegin(job, {}), 'Started invoking execution for a job\n JobInstance id = 1234567\n')
  t.match(banner.jobBegin(job, {}), ' Job Parameters = {}\n')
  t.match(banner.jobBegin(job, { a: 'x'.repeat(65536) }), /a=x{1024}…\}/)
})

t.test('the first words of the last frame say how it ended', async t => {
  const flow = { splitName: 'split1', flowName: 'flow1' }
  const stopped = { batchStatus: 'STOPPED', exitStatus: null }
  for (const [end, words] of [
    [completed, 'Completed invoking'],
    [stopped, 'Stopped invoking'],
    [failed, 'Exception thrown when invoking']
  ] as const) {
    t.equal(banner.jobEnd(job, {}, end).split('\n')[2], `${words} execution for a job`)
    const partition = { stepName: 'step1', number: 0, stepExecutionId: 260 }
    t.equal(banner.partitionEnd(job, partition, end).split('\n')[2], `${words} execution for a partition`)
    t.equal(banner.flowEnd(job, flow, end).split('\n')[2], `${words} execution for a split-flow`)
  }
})

t.test('frames of steps, partitions and flows name what they are part of', async t => {
  const partition = { stepName: 'step1', number: 0, stepExecutionId: 260 }
  t.match(banner.stepBegin('step1', 258), 'For step name = step1\n New top-level step execution id = 258\n')
  t.match(
    banner.partitionBegin(job, partition),
    ' Partition number = 0\n Associated Top-level StepExecution id = 260\n'
  )
  t.match(
    banner.partitionEnd(job, partition, completed),
    ' Partition Batch Status = COMPLETED, Partition Exit Status = all good\n'
  )
  const flow = { splitName: 'split1', flowName: 'flow1' }
  t.match(
    banner.flowBegin(job, flow),
    ' Split-Flow flow name = flow1\n Associated Top-level JobInstance id = 1234567\n'
  )
  t.match(banner.flowEnd(job, flow, failed), ' Job Batch Status = FAILED, Job Exit Status = null\n')
})

t.test('a line break in a name or exit status cannot begin a line', async t => {
  const hostile = { ...job, jobName: 'a\n[11/24/26, 13:00:04:223 UTC] b\u2028c' }
  t.notMatch(message.jobEnded(hostile, { batchStatus: 'COMPLETED', exitStatus: 'x\r\ny' }), /[\r\n\u2028]/)
  t.equal(banner.jobBegin(hostile, { 'k\n': 'v' }).split('\n').length, 9)
})

t.test('a JSL of megabytes is cut, and its line says so', async t => {
  const whole = 'x'.repeat(banner.LONGEST_LOGGED_JSL)
  t.equal(banner.unresolvedJsl(whole), `CWWKY0043I: JSL before substitution:\n ${whole}\n.`)
  t.equal(
    banner.resolvedJsl(`${whole}y`, 'partition'),
    `CWWKY0042I: JSL of the partition after substitution (cut after ${whole.length} characters):\n ${whole}\n.`
  )
})
