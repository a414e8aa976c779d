// What a submission may hold: hostile names and values come back as they were given, or are refused naming the field, and
// then nothing is stored.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl } from '../support/jobs.ts'

const { operator, database } = await buildApp(t)

const HALF = String.fromCharCode(0xd83d)

const submission = {
  application: 'SimpleBatchJob',
  module: 'SimpleBatchJob.war',
  component: null,
  jobXMLName: 'test_batchlet_jsl',
  jobXML: null,
  jobParameters: {},
  idempotencyKey: null
}

async function instances(): Promise<number> {
  const [row] = await rows<{ n: number }>(database.db, 'select count(*) as n from job_instance')
  return row!.n
}

t.test('E16 U+0000 and half a surrogate pair are refused naming the field, and no row is left', async t => {
  const before = await instances()
  for (const bad of ['a\0b', `a${HALF}b`, HALF]) {
    const jsl = `<job id="a" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><!-- ${bad} --><step id="s"><batchlet ref="noopBatchlet"/></step></job>`
    for (const [field, wrong] of [
      [/jobParameters\.p/, { jobParameters: { p: bad } }],
      [/job parameter/, { jobParameters: { [bad]: 'x' } }],
      [/appName/, { module: bad }],
      [/appName/, { component: bad }],
      [/jobXMLName/, { jobXMLName: bad }],
      [/JSL/, { jobXML: jsl }]
    ] as const)
      await t.rejects(operator.submit({ ...submission, ...wrong }, CALLER), {
        code: 'TextInvalid',
        message: field
      })
  }
  t.equal(await instances(), before)
})

t.test('values up to the limits are accepted, and one more is refused naming field and limit', async t => {
  const jsl = (id: string) =>
    `<job id="${id}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><batchlet ref="noopBatchlet"/></step></job>`
  const jobXML = jsl('x')
  const longest = [
    { jobParameters: { p: 'ä'.repeat(32_768) } },
    { jobParameters: { ['n'.repeat(256)]: '' } },
    { jobXML, jobXMLName: 'x'.repeat(128) },
    { jobXML: jsl('j'.repeat(256)) },
    { module: 'm'.repeat(512 - 'SimpleBatchJob#'.length) }
  ]
  for (const wrong of longest) await t.resolves(operator.submit({ ...submission, ...wrong }, CALLER))
  const before = await instances()
  for (const [message, wrong] of [
    [/jobParameters\.p.*65536 bytes/s, { jobParameters: { p: `${'ä'.repeat(32_768)}a` } }],
    [/256 characters/, { jobParameters: { ['n'.repeat(257)]: '' } }],
    [/jobXMLName.*128/, { jobXML, jobXMLName: 'x'.repeat(129) }],
    [/appName.*512/, { module: 'm'.repeat(513 - 'SimpleBatchJob#'.length) }],
    [
      /10000 parameters/,
      { jobParameters: Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`p${at}`, ''])) }
    ]
  ] as const)
    await t.rejects(operator.submit({ ...submission, ...wrong }, CALLER), { code: 'ValueTooLong', message })
  const long = { ...submission, jobXML: jsl('j'.repeat(257)) }
  await t.rejects(operator.submit(long, CALLER), { code: 'JslInvalid', message: /id of <job>.*256/ })
  t.equal(await instances(), before)
})

t.test('a parameter may be called __proto__, in the record, in a JSL and after a restart', async t => {
  const jobParameters = JSON.parse(
    '{"__proto__": "polluted", "constructor": "c", "toString": "s"}'
  ) as Record<string, string>
  const value = ['__proto__', 'toString', 'valueOf'].map(name => `#{jobParameters['${name}']}`).join('-')
  const properties = `<properties><property name="exit.status" value="${value}"/></properties>`
  const batchlet = `<batchlet ref="simpleBatchlet">${properties}</batchlet>`
  const failing = '<batchlet ref="failingBatchlet"/>'
  const id = await submitJsl(
    operator,
    'SimpleBatchJob',
    `<step id="s" next="f">${batchlet}</step><step id="f">${failing}</step>`,
    jobParameters
  )
  const first = await endedJob(operator, id)
  t.equal(first.steps[0]!.exitStatus, 'polluted-s-', 'what every object has is no parameter')
  await operator.restart(
    { target: { kind: 'instance', instanceId: id }, jobParameters: { own: 'x' }, reusePreviousParams: true },
    CALLER
  )
  const second = await endedJob(operator, id)
  t.not(second.executionId, first.executionId)
  t.same(
    new Map(Object.entries(second.jobParameters)),
    new Map([
      ['__proto__', 'polluted'],
      ['constructor', 'c'],
      ['own', 'x'],
      ['toString', 's']
    ])
  )
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})

t.test('an unknown application or job definition, and a JSL that is none, leaves no row', async t => {
  const before = await instances()
  for (const [code, wrong] of [
    ['ApplicationUnknown', { application: 'Nobody' }],
    ['JobXMLUnknown', { jobXMLName: 'nothing' }],
    ['JslInvalid', { jobXML: '<job/>' }],
    ['JslInvalid', { jobXML: '' }]
  ] as const)
    await t.rejects(operator.submit({ ...submission, ...wrong }, CALLER), { code })
  t.equal(await instances(), before)
})

t.test(
  'a cap of the JSL whose limit is absent or empty lets one job run, a limit that is none is refused',
  async t => {
    const submit = (key: string, limit: string) => {
      const properties = `<property name="batchyard.capKey" value="${key}"/>${limit}`
      const jsl = `<properties>${properties}</properties><step id="s"><batchlet ref="noopBatchlet"/></step>`
      return submitJsl(operator, 'SimpleBatchJob', jsl)
    }
    const limit = (value: string) => `<property name="batchyard.capLimit" value="${value}"/>`
    await submit('absent', '')
    await submit('empty', limit("#{jobParameters['cap']}"))
    await submit('two', limit('2'))
    for (const none of ['0', '-1', 'x', '1.5'])
      await t.rejects(submit('bad', limit(none)), {
        code: 'JslInvalid',
        message: /must be a whole number from 1/
      })
    t.same(await rows(database.db, `select key, "limit" from cap order by key`), [
      { key: 'key:absent', limit: 1 },
      { key: 'key:empty', limit: 1 },
      { key: 'key:two', limit: 2 }
    ])
  }
)

t.test('a job has the priority of its submit, else its own, else 4', async t => {
  const property = (value: string) =>
    `<properties><property name="batchyard.priority" value="${value}"/></properties><step id="s"><batchlet ref="simpleBatchlet"/></step>`
  const later = { com_ibm_ws_batch_message_deliveryDelay: '3600000' }
  const of = (priority: string) => ({ com_ibm_ws_batch_message_priority: priority })
  for (const [own, parameters, expected] of [
    ['7', {}, 7],
    ['7', of('2'), 2],
    ['7', of('urgent'), 7],
    ['', {}, 4],
    ['', of('0'), 0],
    ["#{jobParameters['urgency']}", { urgency: '9' }, 9],
    ["#{jobParameters['urgency']}", {}, 4]
  ] as const) {
    const id = await submitJsl(operator, 'SimpleBatchJob', property(own), { ...later, ...parameters })
    const [unit] = await rows<{ priority: number }>(
      database.db,
      'select priority from unit where instance_id = :id',
      { id }
    )
    t.equal(unit?.priority, expected, `${own} ${JSON.stringify(parameters)}`)
  }
  for (const wrong of ['10', '-1', 'high'])
    await t.rejects(submitJsl(operator, 'SimpleBatchJob', property(wrong)), {
      code: 'JslInvalid',
      message: /batchyard\.priority must be a whole number from 0 to 9/
    })
})
