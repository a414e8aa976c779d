// Jobs submitted over HTTP in the three ways of the requirement document, until they have run.
import t from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import type { JobInstanceView } from '../../../src/http/liberty/view/job-instance.ts'
import type { StepExecutionsView } from '../../../src/http/liberty/view/step-execution.ts'
import { BATCH, ended, get, realApp, SKIPPED, submit, THREE_STEPS } from './real-app.ts'

t.test('jobs run as they were submitted', { skip: SKIPPED }, async t => {
  const http = await realApp(t)

  t.test('a packaged job runs with its parameters', async t => {
    const jobParameters = { prop1: 'prop1value', prop2: 'prop2value' }
    const instance = await submit(http, {
      applicationName: 'SimpleBatchJob',
      moduleName: 'SimpleBatchJob.war',
      jobXMLName: 'test_batchlet_jsl',
      jobParameters
    })
    t.match(instance, {
      appName: 'SimpleBatchJob#SimpleBatchJob.war',
      jobXMLName: 'test_batchlet_jsl',
      submitter: 'NOTSET'
    })
    const execution = await ended(http, instance.instanceId)
    t.equal(execution.batchStatus, 'COMPLETED')
    t.same(execution.jobParameters, jobParameters)
    t.match(execution.restUrl, /^https?:\/\/.+\/ibm\/api\/batch\/$/)
    t.match(execution.logpath, /\/instance\.\d+\/execution\.\d+\/$/)
    const after = await get<JobInstanceView>(http, `/v4/jobinstances/${instance.instanceId}`)
    t.match(after, { batchStatus: 'COMPLETED', instanceState: 'COMPLETED' })
    t.same(
      after._links.map(({ rel }) => rel),
      ['self', 'job logs', 'job execution']
    )
  })

  t.test('the application follows from the module, and a component is kept', async t => {
    const module = await submit(http, { moduleName: 'SimpleBatchJob.war', jobXMLName: 'test_batchlet_jsl' })
    t.equal(module.appName, 'SimpleBatchJob#SimpleBatchJob.war')
    const component = await submit(http, {
      applicationName: 'SimpleBatchJob',
      moduleName: 'SimpleBatchJobEJB.jar',
      componentName: 'MyEJB',
      jobXMLName: 'test_batchlet_jsl'
    })
    t.equal(component.appName, 'SimpleBatchJob#SimpleBatchJobEJB.jar#MyEJB')
  })

  t.test('a JSL inside the JSON outweighs the packaged one, and its partitions are shown', async t => {
    const instance = await submit(http, {
      applicationName: 'SimpleBatchJob',
      jobXMLName: 'test_batchlet_jsl',
      jobXML: THREE_STEPS
    })
    t.match(instance, { jobName: 'three_steps_inline', jobXMLName: 'test_batchlet_jsl' })
    const execution = await ended(http, instance.instanceId)
    t.equal(execution.batchStatus, 'COMPLETED')
    const steps = await get<StepExecutionsView>(
      http,
      `/jobexecutions/${execution.executionId}/stepexecutions`
    )
    t.match(steps, [
      {
        stepName: 'step1',
        partitions: [0, 1, 2].map(partitionNumber => ({ partitionNumber, exitStatus: 'step1' }))
      },
      { stepName: 'step2', batchStatus: 'COMPLETED' },
      { stepName: 'step3', batchStatus: 'COMPLETED' },
      { _links: [{ rel: 'job execution' }, { rel: 'job instance' }] }
    ])
    const numbered = `/jobinstances/${instance.instanceId}/jobexecutions/0`
    t.equal((await get<JobExecutionView>(http, numbered)).executionId, execution.executionId)
    t.match(await get(http, `${numbered}/stepexecutions/step2`), [{ stepName: 'step2' }, {}])
  })

  t.test('a form of jobdata and jsl runs', async t => {
    const form = new FormData()
    form.set('jobdata', new Blob(['{"applicationName":"SimpleBatchJob"}'], { type: 'application/json' }))
    form.set(
      'jsl',
      new Blob([THREE_STEPS.replace('three_steps_inline', 'as_a_form')], { type: 'application/xml' })
    )
    const request = new Request('http://localhost/', { method: 'POST', body: form })
    const answer = await http.inject({
      method: 'POST',
      url: `${BATCH}/jobinstances`,
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
      payload: Buffer.from(await request.arrayBuffer())
    })
    t.equal(answer.statusCode, 201, answer.body)
    const { instanceId, jobName, jobXMLName } = answer.json() as JobInstanceView
    t.same({ jobName, jobXMLName }, { jobName: 'as_a_form', jobXMLName: '' })
    t.equal((await ended(http, instanceId)).batchStatus, 'COMPLETED')
  })

  t.test('a submit that is refused leaves no instance behind', async t => {
    const newest = async () => (await get<JobInstanceView[]>(http, '/jobinstances?pageSize=1'))[0]?.instanceId
    const before = await newest()
    const inSimple = { applicationName: 'SimpleBatchJob' }
    const cases: [object, string][] = [
      [{ applicationName: 'NoSuchApp', jobXMLName: 'test_batchlet_jsl' }, 'ApplicationUnknown'],
      [{ ...inSimple, jobXMLName: 'ghost_job' }, 'JobXMLUnknown'],
      [{ ...inSimple, jobXMLName: '../batch-jobs/test_batchlet_jsl' }, 'JobXMLNameInvalid'],
      [{ ...inSimple, jobXML: '<job id="x"' }, 'JslInvalid'],
      [{ ...inSimple, jobXML: '<job id="x"><step id="s"><batchlet/></step></job>' }, 'JslInvalid'],
      [{ ...inSimple, jobXMLName: 'j'.repeat(129) }, 'ValueTooLong']
    ]
    for (const [payload, code] of cases) {
      const answer = await http.inject({ method: 'POST', url: `${BATCH}/jobinstances`, payload })
      t.match(answer.json(), { status: 400, code })
    }
    t.equal(await newest(), before)
  })
})
