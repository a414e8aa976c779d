// A job execution as Liberty writes it, field by field.
import t from 'tap'
import { Value } from 'typebox/value'
import { JobExecutionView, jobExecutionView } from '../../../../src/http/liberty/view/job-execution.ts'
import { jobExecution } from '../../records.ts'
import { CONTEXT, V4 } from './view-context.ts'

const ROOT = 'http://localhost:9080/ibm/api/batch'

t.test('a job execution has the fields and links of the product in its order', async t => {
  const view = jobExecutionView(jobExecution(), CONTEXT)
  t.equal(
    JSON.stringify(view),
    JSON.stringify({
      jobName: 'nightly',
      executionId: 41,
      instanceId: 30,
      batchStatus: 'STARTED',
      exitStatus: '',
      createTime: '2026/11/24 12:59:18.443 +0000',
      endTime: '',
      lastUpdatedTime: '2026/11/24 12:59:18.512 +0000',
      startTime: '2026/11/24 12:59:18.477 +0000',
      jobParameters: { day: '2026-11-23' },
      restUrl: `${ROOT}/`,
      serverId: 'host/data/one',
      logpath: '/var/batch/joblogs/nightly/2026-11-24/instance.30/execution.41/',
      stepExecutions: [
        {
          stepExecutionId: 7,
          stepName: 'close',
          batchStatus: 'STARTED',
          exitStatus: '',
          stepExecution: `${ROOT}/jobexecutions/41/stepexecutions/close`
        }
      ],
      _links: [
        { rel: 'self', href: `${ROOT}/jobexecutions/41` },
        { rel: 'job instance', href: `${ROOT}/jobinstances/30` },
        { rel: 'step executions', href: `${ROOT}/jobexecutions/41/stepexecutions` },
        { rel: 'job logs', href: `${ROOT}/jobexecutions/41/joblogs` },
        { rel: 'stop url', href: `${ROOT}/jobexecutions/41?action=stop` }
      ]
    })
  )
  t.ok(Value.Check(JobExecutionView, view), 'it is what its schema says')
})

t.test(
  'logs and stop point to the server that runs the execution, in the version of the request',
  async t => {
    const { restUrl, _links } = jobExecutionView(
      jobExecution({ restUrl: 'https://other:9443/ibm/api/batch/' }),
      V4
    )
    t.equal(restUrl, 'https://other:9443/ibm/api/batch/v4/')
    t.same(
      _links.map(({ href }) => href),
      [
        `${ROOT}/v4/jobexecutions/41`,
        `${ROOT}/v4/jobinstances/30`,
        `${ROOT}/v4/jobexecutions/41/stepexecutions`,
        'https://other:9443/ibm/api/batch/v4/jobexecutions/41/joblogs',
        'https://other:9443/ibm/api/batch/v4/jobexecutions/41?action=stop'
      ]
    )
  }
)

t.test(
  'what no server has picked up has no server, no log, and links to the server that was asked',
  async t => {
    const waiting = jobExecution({ restUrl: '', serverId: '', logPath: '', startTime: null, steps: [] })
    const view = jobExecutionView(waiting, V4)
    t.match(view, { restUrl: '/v4/', serverId: '', logpath: '', startTime: '', stepExecutions: [] })
    t.equal(view._links[3]?.href, `${ROOT}/v4/jobexecutions/41/joblogs`)
    t.equal(view._links[4]?.href, `${ROOT}/v4/jobexecutions/41?action=stop`)
    t.equal(jobExecutionView(waiting, CONTEXT).restUrl, '/')
  }
)

t.test('a step name that is no plain word is encoded in its link', async t => {
  const steps = [
    { stepExecutionId: 7, stepName: '마감/1 ?', batchStatus: 'STARTED', exitStatus: null }
  ] as const
  const view = jobExecutionView(jobExecution({ steps }), CONTEXT)
  t.equal(view.stepExecutions[0]?.stepName, '마감/1 ?')
  t.match(view.stepExecutions[0]?.stepExecution, /stepexecutions\/%EB%A7%88%EA%B0%90%2F1%20%3F$/)
})

t.test('a parameter may have any name', async t => {
  const jobParameters = Object.fromEntries([
    ['__proto__', 'a'],
    ['constructor', 'b']
  ])
  const view = jobExecutionView(jobExecution({ jobParameters }), CONTEXT)
  t.equal(JSON.stringify(view.jobParameters), '{"__proto__":"a","constructor":"b"}')
})
