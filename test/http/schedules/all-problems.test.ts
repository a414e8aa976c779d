// What is wrong with definitions and schedules, over HTTP on a whole server: all of it at once, each with its field.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { clientOf, quickDefinition } from './scheduling-client.ts'

const client = clientOf(await buildApp(t))
const { get, post } = client
await quickDefinition(client)
const when = { cron: '0 0 * * *' }
await post('/schedules', { name: 'nightly', definition: 'quick', when })

t.test('all that is wrong is told at once, whether a schema sees it or not', async t => {
  const told = async (method: 'POST' | 'PUT', path: string, body: object, paths: readonly string[]) => {
    const { json, text } = await client.ask(method, path, { body, headers: { 'if-match': '*' } })
    t.match(json, { status: 400, code: 'ParameterInvalid' }, text)
    const found = (json.errors as { path: string }[]).map(each => each.path)
    t.same([...new Set(found)].toSorted(), paths, text)
  }
  await told(
    'POST',
    '/schedules',
    {
      name: 'no name',
      definition: 'nobody',
      when: { cron: '99 * * * *' },
      timeZone: 'Mars/Olympus',
      overlap: 'maybe',
      start: 'tomorrow',
      deadlines: { startWithinSeconds: 5, endWithinSeconds: 4 },
      colour: 'red'
    },
    [
      'colour',
      'deadlines.endWithinSeconds',
      'definition',
      'name',
      'overlap',
      'start',
      'timeZone',
      'when.cron'
    ]
  )
  await told(
    'POST',
    '/schedules',
    { name: 'history', definition: 'quick', missed: 'x', parameters: { a: 1 } },
    ['missed', 'name', 'parameters.a', 'when']
  )
  await told(
    'POST',
    '/schedules',
    { name: 'x', definition: 'quick', version: 7, label: 5, when: { cron: 'x' } },
    ['label', 'version', 'when.cron']
  )
  await told('PUT', '/schedules/nightly', { when: { rrule: 'FREQ=X' }, end: '5', state: 'Active' }, [
    'end',
    'state',
    'when.rrule'
  ])
  await told('POST', '/schedules/preview', { when: { cron: 'x' }, timeZone: 'X/Y', from: '5', count: 0 }, [
    'count',
    'from',
    'timeZone',
    'when.cron'
  ])
  await told('POST', '/definitions', { name: 'no name', application: 'Nowhere', jsl: '<job/>' }, [
    'application',
    'jsl',
    'name'
  ])
  await told('POST', '/definitions', { name: 'x', application: 'Nowhere', jsl: '<job/>' }, [
    'application',
    'jsl'
  ])
  await told(
    'POST',
    '/definitions',
    { application: 'SimpleBatchJob', jobXMLName: 'nope', parameters: { a: 1 } },
    ['jobXMLName', 'name', 'parameters.a']
  )
  await told('POST', '/definitions', { name: 'x', application: 'Nowhere', colour: 'red' }, [
    'application',
    'colour',
    'jobXMLName'
  ])
  await told('POST', '/definitions/quick/versions', { jsl: '<job/>', name: 'x' }, ['jsl', 'name'])
  await told('POST', '/definitions/quick/versions', { jsl: 5 }, ['jsl'])
  t.equal((await get('/schedules/nightly')).json.when.cron, '0 0 * * *', 'nothing was changed')
  const more = await post('/schedules?colour=red', { name: 'x', definition: 'quick', when })
  t.match(more.json, { status: 400, errors: [{ path: 'colour' }] })
})

t.test('whatever is wrong with the source of a definition is told with its field', async t => {
  const refused = async (more: object, code: string, path: string) => {
    const { json } = await post('/definitions', { name: 'x', application: 'SimpleBatchJob', ...more })
    t.match(json, { status: 400, code, errors: [{ path, message: String }] }, JSON.stringify(more))
    t.equal((await get('/definitions/x')).status, 404)
    return json
  }
  const jsl =
    '<job id="j" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">\n<step id="a" next="b"/></job>'
  await refused({ application: 'Nowhere', jobXMLName: 'test_noop' }, 'ApplicationUnknown', 'application')
  const right = jsl.replace('next="b"/>', '><batchlet ref="b"/></step>')
  await refused({ application: 'Nowhere', jsl: right }, 'ApplicationUnknown', 'application')
  await refused({ application: 'Batchyard', jsl: right }, 'ApplicationUnknown', 'application')
  await refused({ jobXMLName: 'nope' }, 'JobXMLUnknown', 'jobXMLName')
  await refused({ jobXMLName: '../x' }, 'JobXMLNameInvalid', 'jobXMLName')
  const { problems, errors } = await refused({ jsl }, 'JslInvalid', 'jsl')
  t.equal(errors.length, problems.length)
  const [{ line, column, message }] = problems
  t.same(errors[0], { path: 'jsl', message: `${line}:${column} ${message}` })
  t.match(
    (await post('/definitions/quick/versions', { jsl: '<job/>' })).json,
    { status: 400, code: 'JslInvalid', errors: [{ path: 'jsl' }] },
    'of a version too'
  )
})
