// The three ways to submit a job, with the requirement document's own sample requests, to a server process.
import t from 'tap'
import { batchClient, type Json } from '../support/batch-client.ts'
import { serverPlace, startServer } from '../support/server-process.ts'

const place = await serverPlace(t)
const server = await startServer(t, place)
const client = batchClient(server)

/** The sample's jobXML as it is printed in the document: a stray `r\n`, an attribute without its end, a quote too many. */
const AS_PRINTED =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?> \r\n<job id="test_multiPartition_3Steps" xmlns="http://xmlns.jcp.org/xml/ns/javaee"r\n\tversion="1.0> \r\n\t<step id="step1"" next="step2"> \r\n\t\t<batchlet ref="simpleBatchlet"/> \r\n\t\t<partition>\r\n\t\t\t<plan partitions="3"/> \r\n\t\t</partition>\r\n\t</step> \r\n\t<step id="step2" next="step3"> \r\n\t\t<batchlet ref="simpleBatchlet" /> \r\n\t\t<partition>\r\n\t\t\t<plan partitions="3" /> \r\n\t\t</partition>\r\n\t</step>\r\n\t<step id="step3"> \r\n\t\t<batchlet ref="simpleBatchlet" />\r\n\t\t<partition> \r\n\t\t\t<plan partitions="3"/> \r\n\t\t</partition>\r\n\t</step>\r\n</job>'

const AS_MEANT = AS_PRINTED.replace('javaee"r\n', 'javaee"\r\n')
  .replace('version="1.0>', 'version="1.0">')
  .replace('"step1"" ', '"step1" ')

const inline = (jobXML: string) => ({
  applicationName: 'SimpleBatchJob',
  jobXMLName: 'test_multiPartition_3Steps',
  jobXML
})

t.test('a packaged job of a WAR module is submitted with the document’s first sample', async t => {
  const answer = await client.call('POST', '/jobinstances/', {
    applicationName: 'SimpleBatchJob',
    moduleName: 'SimpleBatchJob.war',
    jobXMLName: 'test_batchlet_jsl',
    jobParameters: { prop1: 'prop1value', prop2: 'prop2value' }
  })
  t.equal(answer.status, 201, answer.text)
  const { instanceId } = answer.json
  t.match(answer.json, {
    jobName: 'test_batchlet_jsl',
    appName: 'SimpleBatchJob#SimpleBatchJob.war',
    batchStatus: 'STARTING',
    instanceState: 'SUBMITTED',
    jobXMLName: 'test_batchlet_jsl'
  })
  t.match(answer.headers.get('location'), new RegExp(`/jobinstances/${instanceId}$`))
  t.match(await client.ended(instanceId), {
    batchStatus: 'COMPLETED',
    jobParameters: { prop1: 'prop1value', prop2: 'prop2value' }
  })
  const log = await client.call('GET', `/jobinstances/${instanceId}/joblogs?type=text`)
  t.match(log.text, /prop1=prop1value, prop2=prop2value/, 'the job got its parameters')
})

t.test('a packaged job of an EJB module keeps its component in the application’s name', async t => {
  const answer = await client.call('POST', '/jobinstances', {
    applicationName: 'SimpleBatchJob',
    moduleName: 'SimpleBatchJobEJB.jar',
    componentName: 'MyEJB',
    jobXMLName: 'test_batchlet_jsl',
    jobParameters: { prop1: 'prop1value', prop2: 'prop2value' }
  })
  t.equal(answer.status, 201, answer.text)
  t.equal(answer.json.appName, 'SimpleBatchJob#SimpleBatchJobEJB.jar#MyEJB')
  t.equal((await client.ended(answer.json.instanceId)).batchStatus, 'COMPLETED')
})

t.test(
  'the printed inline job, which is not well-formed, is 400 with line and column and leaves no row',
  async t => {
    const before = await client.get('/jobinstances?pageSize=1000')
    const answer = await client.call('POST', '/jobinstances', inline(AS_PRINTED))
    t.equal(answer.status, 400, answer.text)
    t.match(answer.json, { code: 'JslInvalid', detail: /\(line:column\): 2:80 / })
    t.match(answer.json.problems[0], { line: 2, column: Number, message: String })
    t.equal((await client.get('/jobinstances?pageSize=1000')).length, before.length)
  }
)

t.test('the corrected inline job COMPLETED with three partitions in each of three steps', async t => {
  const answer = await client.call('POST', '/jobinstances', inline(AS_MEANT))
  t.equal(answer.status, 201, answer.text)
  const execution = await client.ended(answer.json.instanceId)
  t.match(execution, { batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' })
  const steps = (await client.get(`/jobexecutions/${execution.executionId}/stepexecutions`)).slice(
    0,
    -1
  ) as Json[]
  t.same(
    steps.map(step => [
      step.stepName,
      step.batchStatus,
      step.partitions.map((one: Json) => [one.partitionNumber, one.batchStatus, one.exitStatus])
    ]),
    ['step1', 'step2', 'step3'].map(name => [
      name,
      'COMPLETED',
      [0, 1, 2].map(number => [number, 'COMPLETED', name])
    ]),
    'as in the document’s sample answer'
  )
  const parts = (await client.get(`/jobexecutions/${execution.executionId}/joblogs`)) as Json[]
  const hrefs = JSON.stringify(parts)
  for (const number of [0, 1, 2])
    t.match(hrefs, new RegExp(`step\\.step3/partition\\.${number}/part\\.1\\.log`))
})

t.test('the multipart sample is accepted, with its jobXMLName and without', async t => {
  const jsl =
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?> <job id="test_multiPartition" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"> <step id="step1"> <batchlet ref="simpleBatchlet" /> <partition> <plan partitions="3" /> </partition> </step></job>'
  for (const jobXMLName of ['test_multiPartition', undefined]) {
    const form = new FormData()
    const data = { applicationName: 'SimpleBatchJob', moduleName: 'SimpleBatchJob.war', jobXMLName }
    form.set('jobdata', new Blob([JSON.stringify(data)], { type: 'application/json; charset=UTF-8' }))
    form.set('jsl', new Blob([jsl], { type: 'application/xml; charset=UTF-8' }))
    const answer = await client.call('POST', '/jobinstances', form)
    t.equal(answer.status, 201, answer.text)
    t.equal(answer.json.jobName, 'test_multiPartition')
    const execution = await client.ended(answer.json.instanceId)
    t.equal(execution.batchStatus, 'COMPLETED')
    const [step] = await client.get(`/jobexecutions/${execution.executionId}/stepexecutions/step1`)
    t.equal(step.partitions.length, 3)
  }
})
