// A server that only takes jobs in and one that only runs them: what each knows, answers and refuses.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { type Message, watch } from '../support/event-stream.ts'
import { until } from '../support/until.ts'
import { nameOf, placeOf } from './servers-in-roles.ts'

t.test('a dispatcher takes in what its executors publish, and refuses what nobody has', async t => {
  const place = await placeOf(t)
  const dispatcher = await place.start('front', { BATCH_ROLE: 'dispatcher' })
  const job = { applicationName: 'gated', jobXMLName: 'quick' }
  t.match((await dispatcher.call('POST', '/jobinstances', job)).json, {
    status: 400,
    code: 'ApplicationUnknown',
    detail: /no application gated; known are: none/
  })

  const executor = await place.start('worker', { BATCH_ROLE: 'executor' })
  const messages: Message[] = []
  const watching = (async () => {
    for await (const message of watch(`${dispatcher.process.url}/api/v1/events?topic=jobs/instance/*`)) {
      messages.push(message)
      if (messages.filter(({ event }) => event.endsWith('/completed')).length === 2) return
    }
  })()
  await until('somebody listens to events', async () => {
    const found = await rows(
      place.database.db,
      'select from batchyard.event_demand where wanted_until > clock_timestamp()'
    )
    return found.length > 0
  })
  const gate = await place.gate()
  const held = await dispatcher.submit('gated', 'held', { gate: gate.file })
  await dispatcher.when(held, 'STARTED')

  const waiting = await dispatcher.call('POST', '/jobinstances', job)
  t.match(waiting.json, { instanceState: 'JMS_QUEUED', batchStatus: 'STARTING', jobName: 'quick' })
  const { instanceId } = waiting.json as { instanceId: number }
  t.match(await dispatcher.get(`/jobinstances/${instanceId}`), { instanceState: 'JMS_QUEUED' })
  t.match(await executor.get('/v4/jobinstances?instanceState=JMS_QUEUED'), [{ instanceId }])
  await gate.open()
  const ended = await dispatcher.ended(instanceId)
  t.match(ended, { batchStatus: 'COMPLETED' })
  t.equal(nameOf(ended), 'worker')
  t.match(await dispatcher.get(`/jobinstances/${instanceId}`), { instanceState: 'COMPLETED' })
  await watching
  t.same(
    messages
      .filter(({ data }) => data['instanceId'] === instanceId)
      .map(({ event, data }) => [event.replace('batch/jobs/instance/', ''), data['instanceState']]),
    [
      ['submitted', 'SUBMITTED'],
      ['jms_queued', 'JMS_QUEUED'],
      ['jms_consumed', 'JMS_CONSUMED'],
      ['dispatched', 'DISPATCHED'],
      ['completed', 'COMPLETED']
    ]
  )

  t.test('its list of applications, and its check of JSL, know what the executor has', async t => {
    const found = await until('the executor has told its artifacts', async () => {
      const { json } = await dispatcher.api('GET', '/applications?limit=100')
      const gated = json.items.find(({ name }: { name: string }) => name === 'gated')
      return gated.problem === null ? gated : null
    })
    const own = await executor.api('GET', '/applications?limit=100')
    t.same(
      found,
      own.json.items.find(({ name }: { name: string }) => name === 'gated'),
      'as the executor itself says it'
    )
    t.match(found, { artifacts: ['nothing', 'takes', 'waits'], servers: [{ serverId: /\/worker$/ }] })
    t.match(found.jobs, [
      { jobXMLName: 'held', jobName: 'held', steps: ['hold'] },
      { jobXMLName: 'quick', jobName: 'quick' }
    ])
    const jsl = `<job id="j" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="a" next="b"><batchlet ref="waits"/></step><step id="b"><batchlet ref="nobody"/></step></job>`
    const verdict = await dispatcher.api('POST', '/validate', { jsl, application: 'gated' })
    t.match(verdict.json, { valid: true, problems: [{ severity: 'warning', message: /nobody/ }] })
    t.equal(verdict.json.problems.length, 1)
  })

  t.test('what nobody has is refused, in the same words wherever it is asked', async t => {
    const unknown = { applicationName: 'absent', jobXMLName: 'quick' }
    t.match((await dispatcher.call('POST', '/jobinstances', unknown)).json, {
      code: 'ApplicationUnknown',
      detail: /known are: .*gated/
    })
    t.match((await dispatcher.call('POST', '/jobinstances', { ...job, jobXMLName: 'absent' })).json, {
      code: 'JobXMLUnknown',
      detail: /it has: held, quick/
    })
    const jsl = '<job id="j"><step id="s"><batchlet ref="waits"/></step></job>'
    t.match((await dispatcher.api('POST', '/validate', { jsl, application: 'absent' })).json, {
      code: 'ApplicationUnknown'
    })
  })

  t.test('an executor takes nothing in, says who does, and answers all else', async t => {
    const refused = { status: 421, code: 'NotDispatcher', detail: new RegExp(dispatcher.process.url) }
    t.match((await executor.call('POST', '/jobinstances', job)).json, refused)
    t.match((await executor.call('PUT', `/jobinstances/${instanceId}?action=restart`)).json, refused)
    for (const url of ['/healthz', '/readyz', '/metrics', '/openapi.json'])
      t.equal((await fetch(`${executor.process.url}${url}`)).status, 200, url)
    t.match(await executor.get(`/jobinstances/${instanceId}/jobexecutions`), [{ batchStatus: 'COMPLETED' }])
    const log = await executor.call('GET', `/jobinstances/${instanceId}/joblogs?type=text`)
    t.match(log.text, /CWWKY0010I/)
  })

  t.test('a stop asked of the dispatcher leads to the executor', async t => {
    const never = await place.gate()
    const id = await dispatcher.submit('gated', 'held', { gate: never.file })
    await dispatcher.when(id, 'STARTED')
    const sent = await dispatcher.call('PUT', `/jobinstances/${id}?action=stop`)
    t.equal(sent.status, 302)
    const location = sent.headers.get('location')!
    t.ok(location.startsWith(executor.process.url))
    t.equal((await fetch(location, { method: 'PUT' })).status, 200)
    t.match(await dispatcher.ended(id), { batchStatus: 'STOPPED' })
    t.match(
      (await dispatcher.call('PUT', `/jobinstances/${id}?action=restart&reusePreviousParams=true`)).json,
      {
        instanceState: 'JMS_QUEUED'
      }
    )
    await never.open()
    t.match(await dispatcher.ended(id), { batchStatus: 'COMPLETED' })
  })

  t.test('once the executor is gone its applications are too, for submits and restarts', async t => {
    const never = await place.gate()
    const id = await dispatcher.submit('gated', 'held', { gate: never.file })
    await dispatcher.when(id, 'STARTED')
    executor.process.kill('SIGKILL')
    await dispatcher.when(id, 'FAILED')
    t.match((await dispatcher.call('POST', '/jobinstances', job)).json, { code: 'ApplicationUnknown' })
    t.match(
      (await dispatcher.call('PUT', `/jobinstances/${id}?action=restart&reusePreviousParams=true`)).json,
      {
        code: 'ApplicationUnknown'
      }
    )
    t.match(await dispatcher.get(`/jobinstances/${id}`), { instanceState: 'FAILED' })
  })
})
