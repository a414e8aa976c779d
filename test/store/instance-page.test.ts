// The SQL of searches against a model of them in memory: random instances, random filters, in all the shapes a page has.
import fc from 'fast-check'
import t from 'tap'
import { type Database, rows } from '../../src/store/database.ts'
import {
  ALL_INSTANCES,
  type InstanceScope,
  type InstanceSearch,
  WHOLE_REPOSITORY
} from '../../src/store/instance-selection.ts'
import { BATCH_STATUS_ORDINAL } from '../../src/store/instance-page.ts'
import { listJobInstances, selectInstances } from '../../src/store/job-instances.ts'
import { createDatabase } from '../support/database.ts'
import { found, type Modelled, modelled, searches } from './search-model.ts'

const { db } = await createDatabase(t)

async function store(instances: readonly Modelled[]): Promise<void> {
  await rows(db, 'truncate job_instance, job_execution, job_parameter cascade')
  await rows(
    db,
    /* sql */ `insert into job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline, submitter,
      operation_groups, batch_status, instance_state, exit_status, executions, latest_execution_id, create_time, last_updated_time)
    select "instanceId", "jobName", "appName", 'a', "jobXMLName", 1, false, submitter, "operationGroups", "batchStatus",
      "instanceState", "exitStatus", 1, 0, "createTime", "lastUpdatedTime"
    from json_to_recordset(:instances::json) as r ("instanceId" bigint, "jobName" text, "appName" text, "jobXMLName" text,
      submitter text, "operationGroups" text[], "batchStatus" text, "instanceState" text, "exitStatus" text,
      "createTime" timestamptz, "lastUpdatedTime" timestamptz)`,
    { instances: JSON.stringify(instances) }
  )
  const executions = instances.flatMap(({ instanceId, createTime, executions: of }) =>
    of.map((parameters, number) => ({
      instanceId,
      createTime,
      number,
      parameters: Object.entries(parameters)
    }))
  )
  await rows(
    db,
    /* sql */ `with execution as (
      insert into job_execution (execution_id, instance_id, execution_number, batch_status)
      select "instanceId" * 10 + number, "instanceId", number, 'COMPLETED'
      from json_to_recordset(:executions::json) as r ("instanceId" bigint, number integer)
    )
    insert into job_parameter (execution_id, ordinal, name, value, instance_id, instance_time)
    select "instanceId" * 10 + number, ordinal, p.pair->>0, p.pair->>1, "instanceId", "createTime"
    from json_to_recordset(:executions::json) as r ("instanceId" bigint, number integer, "createTime" timestamptz, parameters json),
      json_array_elements(parameters) with ordinality p (pair, ordinal)`,
    { executions: JSON.stringify(executions) }
  )
}

const idsOf = async (search: InstanceSearch, scope: InstanceScope, of: Database = db) =>
  (await listJobInstances(of, search, scope)).map(({ instanceId }) => instanceId)

t.test(
  'whatever is searched for, a page has what the model has, in its order; a purge takes the same',
  async t => {
    const sets = process.env['THOROUGH'] === undefined ? 12 : 100
    await fc.assert(
      fc.asyncProperty(fc.array(modelled, { minLength: 1, maxLength: 40 }), async drawn => {
        const instances = drawn.map((each, at) => ({ ...each, instanceId: at + 1 }))
        await store(instances)
        await fc.assert(
          fc.asyncProperty(searches, async ({ search, scope }) => {
            const wanted = found(instances, search, scope)
            const got = await idsOf(search, scope)
            if (JSON.stringify(got) !== JSON.stringify(wanted))
              throw new Error(`${got.join()} is not ${wanted.join()}`)
            const purged = await selectInstances(db, search, scope)
            if (JSON.stringify(purged) !== JSON.stringify(wanted)) throw new Error(`purge ${purged.join()}`)
          }),
          { numRuns: 60 }
        )
      }),
      { numRuns: sets, endOnFailure: true }
    )
    t.pass('no difference was found')
  }
)

const search = (
  selection: Partial<InstanceSearch['selection']>,
  more: Partial<InstanceSearch> = {}
): InstanceSearch => ({
  selection: { ...ALL_INSTANCES, ...selection },
  sort: [],
  paging: { page: 0, pageSize: 50 },
  ...more
})

const at = (day: number) => new Date(Date.UTC(2026, 0, day))
const instance = (instanceId: number, some: Partial<Modelled> = {}): Modelled => ({
  instanceId,
  jobName: 'job',
  appName: 'A#A.war',
  jobXMLName: 'job',
  submitter: 'bob',
  operationGroups: [],
  batchStatus: 'COMPLETED',
  instanceState: 'COMPLETED',
  exitStatus: 'COMPLETED',
  createTime: at(instanceId),
  lastUpdatedTime: at(instanceId),
  executions: [],
  ...some
})

t.test('SQL in a value is a value: it matches itself and does nothing', async t => {
  const evil = [
    "'; drop table job_instance; --",
    `") or true --`,
    "' or ''='",
    '$1',
    ':limit',
    '?',
    '\\',
    "\\'; select pg_sleep(9); --",
    '%',
    '_',
    '*/ select 1 /*',
    '{"a"}',
    'NULL',
    '\u202e\u0001'
  ]
  await store(
    evil.map((text, index) =>
      instance(index + 1, {
        submitter: text,
        jobName: text,
        appName: text,
        exitStatus: text,
        executions: [{ [text]: text }]
      })
    )
  )
  for (const [index, text] of evil.entries()) {
    const pattern = text.replaceAll('*', '')
    for (const kind of ['submitter', 'jobName', 'appName', 'exitStatus'] as const) {
      for (const ignoreCase of [false, true])
        if (pattern === text)
          t.same(
            await idsOf(search({ [kind]: [text], ignoreCase }), WHOLE_REPOSITORY),
            [index + 1],
            `${kind} ${text}`
          )
      const begun = await idsOf(search({ [kind]: [`${text}*`] }), WHOLE_REPOSITORY)
      t.ok(begun.includes(index + 1), `${kind} begins with ${text}`)
    }
    if (pattern === text)
      t.same(
        await idsOf(search({ jobParameters: [{ name: text, value: text }] }), WHOLE_REPOSITORY),
        [index + 1],
        text
      )
  }
})

t.test('a value longer than an index entry is compared to its end', async t => {
  const long = '정'.repeat((64 * 1024) / 3)
  await store([
    instance(1, { executions: [{ x: `${long}a` }] }),
    instance(2, { executions: [{ x: `${long}b` }] }),
    instance(3, { executions: [{ x: '정'.repeat(200) }] }),
    instance(4, { executions: [{ x: '정'.repeat(199) }] })
  ])
  const ofValue = (value: string) =>
    idsOf(search({ jobParameters: [{ name: 'x', value }] }), WHOLE_REPOSITORY)
  t.same(await ofValue(`${long}b`), [2])
  t.same(await ofValue('정'.repeat(200)), [3])
  t.same(await ofValue('정'.repeat(199)), [4])
  t.same(await ofValue(`${'정'.repeat(200)}*b`), [2])
})

t.test('beyond some thousand different names a pattern is still answered', async t => {
  await store(
    Array.from({ length: 2100 }, (_, index) =>
      instance(index + 1, { jobName: `job-${index}`, createTime: at(1) })
    )
  )
  t.same(await idsOf(search({ jobName: ['*-2050'] }), WHOLE_REPOSITORY), [2051])
  t.same(
    await idsOf(search({ jobName: ['*-209*'] }), WHOLE_REPOSITORY),
    [2100, 2099, 2098, 2097, 2096, 2095, 2094, 2093, 2092, 2091, 210]
  )
  const bobs = { visibility: { submitter: 'bob', operationGroups: [] }, secrets: null }
  t.same(await idsOf(search({ jobName: ['*-2050'] }), bobs), [2051])
  t.same(await idsOf(search({ jobName: ['*-2050'], appName: ['a*'], ignoreCase: true }), bobs), [2051])
})

t.test('a page deep in the list has what follows the page before it', async t => {
  await store(Array.from({ length: 60 }, (_, index) => instance(index + 1, { createTime: at(1) })))
  for (const selection of [{}, { submitter: ['bob'] }, { jobName: ['j*'] }])
    for (const pageSize of [7, 600]) {
      const pages = []
      for (let page = 0; page < 10; page++)
        pages.push(...(await idsOf(search(selection, { paging: { page, pageSize } }), WHOLE_REPOSITORY)))
      t.same(
        pages,
        Array.from({ length: 60 }, (_, index) => 60 - index)
      )
    }
})

t.test('an instance is listed once, however often it matches', async t => {
  await store([
    instance(1, { executions: [{ x: '1' }, { x: '1' }, { x: '1', y: '2' }] }),
    instance(2, { executions: [{ y: '1' }] })
  ])
  const once = (selection: Partial<InstanceSearch['selection']>) => idsOf(search(selection), WHOLE_REPOSITORY)
  t.same(await once({ jobParameters: [{ name: 'x', value: '1' }] }), [1])
  t.same(await once({ jobParameters: [{ name: '*', value: '*' }] }), [2, 1])
  t.same(await once({ submitter: ['bob', 'bob'] }), [2, 1])
  t.same(await once({ exitStatus: ['COMPLETED', 'COMPLETED', 'C*'] }), [2, 1])
  t.same(await once({ jobName: ['job', 'j*', '*b'] }), [2, 1])
})

t.test('the index for a sort by batch status is made of the expression that sorts', async t => {
  const [index] = await rows<{ expression: string }>(
    db,
    /* sql */ `select pg_get_indexdef('job_instance_by_batch_status'::regclass, 1, false) as expression`
  )
  const plain = (sql: string) => sql.replaceAll(/::text|else null::integer|[()\s]/gi, '').toLowerCase()
  t.equal(plain(index!.expression), plain(BATCH_STATUS_ORDINAL))
})
