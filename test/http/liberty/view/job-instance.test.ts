// A job instance as Liberty writes it, field by field.
import t from 'tap'
import {
  briefJobInstanceView,
  JobInstanceView,
  jobInstanceView
} from '../../../../src/http/liberty/view/job-instance.ts'
import { Value } from 'typebox/value'
import { jobInstance } from '../../records.ts'
import { CONTEXT, V4 } from './view-context.ts'

const SELF = 'http://localhost:9080/ibm/api/batch/jobinstances/30'

t.test(
  'a job instance has the fields of the product in its order, and a link for each execution, newest first',
  async t => {
    const view = jobInstanceView(jobInstance({ executions: 3 }), CONTEXT)
    t.equal(
      JSON.stringify(view),
      JSON.stringify({
        jobName: 'nightly',
        instanceId: 30,
        appName: 'Ledger#Ledger.war',
        submitter: 'NOTSET',
        batchStatus: 'STARTED',
        jobXMLName: 'nightly-close',
        instanceState: 'DISPATCHED',
        lastUpdatedTime: '2026/11/24 12:59:18.477 +0000',
        _links: [
          { rel: 'self', href: SELF },
          { rel: 'job logs', href: `${SELF}/joblogs` },
          { rel: 'job execution', href: `${SELF}/jobexecutions/2` },
          { rel: 'job execution', href: `${SELF}/jobexecutions/1` },
          { rel: 'job execution', href: `${SELF}/jobexecutions/0` }
        ]
      })
    )
    t.ok(Value.Check(JobInstanceView, view), 'it is what its schema says')
  }
)

t.test('the JES names stand before the links, where there are any', async t => {
  const view = jobInstanceView(jobInstance({ jesJobName: 'NIGHTLY', jesJobId: 'JOB00042' }), CONTEXT)
  t.same(Object.keys(view).slice(-4), ['lastUpdatedTime', 'JESJobName', 'JESJobId', '_links'])
  t.match(view, { JESJobName: 'NIGHTLY', JESJobId: 'JOB00042' })
})

t.test('the answer to a submit has neither JES names nor links to executions', async t => {
  const view = briefJobInstanceView(jobInstance({ jesJobName: 'NIGHTLY' }), V4)
  t.notOk('JESJobName' in view)
  t.same(view._links, [
    { rel: 'self', href: 'http://localhost:9080/ibm/api/batch/v4/jobinstances/30' },
    { rel: 'job logs', href: 'http://localhost:9080/ibm/api/batch/v4/jobinstances/30/joblogs' }
  ])
})
