// Links to job logs as Liberty lists them.
import t from 'tap'
import { executionLogLinks, instanceLogLinks } from '../../../../src/http/liberty/view/job-log-links.ts'
import { jobExecution } from '../../records.ts'
import { CONTEXT, V4 } from './view-context.ts'

const LOGS = 'http://localhost:9080/ibm/api/batch/jobexecutions/41/joblogs'

t.test('an execution has its whole log as text and zip, then each part as both', async t => {
  const parts = ['part.1.log', 'step.close/partition.0/part.1.log']
  t.same(executionLogLinks(jobExecution(), parts, CONTEXT), [
    { rel: 'joblog text', href: `${LOGS}?type=text` },
    { rel: 'joblog zip', href: `${LOGS}?type=zip` },
    { rel: 'joblog part text', href: `${LOGS}?part=part.1.log&type=text` },
    { rel: 'joblog part zip', href: `${LOGS}?part=part.1.log&type=zip` },
    { rel: 'joblog part text', href: `${LOGS}?part=step.close/partition.0/part.1.log&type=text` },
    { rel: 'joblog part zip', href: `${LOGS}?part=step.close/partition.0/part.1.log&type=zip` }
  ])
})

t.test('the links of an execution carry the version and point to its server', async t => {
  const [text] = executionLogLinks(jobExecution({ restUrl: 'https://other:9443/ibm/api/batch' }), [], V4)
  t.equal(text?.href, 'https://other:9443/ibm/api/batch/v4/jobexecutions/41/joblogs?type=text')
})

t.test('a part whose path holds what a query cuts at is encoded', async t => {
  const links = executionLogLinks(jobExecution(), ['step.a%20b&c/partition.0/part.1.log'], CONTEXT)
  const part = new URL(links[2]?.href ?? '').searchParams.get('part')
  t.equal(part, 'step.a%20b&c/partition.0/part.1.log')
})

t.test('an instance has its logs as text and zip', async t => {
  const url = 'http://localhost:9080/ibm/api/batch/v4/jobinstances/30/joblogs'
  t.same(instanceLogLinks(30, V4), [
    { rel: 'joblog text', href: `${url}?type=text` },
    { rel: 'joblog zip', href: `${url}?type=zip` }
  ])
})
