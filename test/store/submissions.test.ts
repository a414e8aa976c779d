// What is submitted comes back as it was given, and lists have one order whatever the page.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { findJobExecution } from '../../src/store/job-executions.ts'
import { ALL_INSTANCES } from '../../src/store/instance-selection.ts'
import { findJobInstance, listJobInstances } from '../../src/store/job-instances.ts'
import { drawSubmissionIds, insertSubmissions } from '../../src/store/submissions.ts'
import { createDatabase } from '../support/database.ts'
import { claim, server, submitted } from './repository.ts'

const { db } = await createDatabase(t)

t.test('parameters keep their names, values and order, whatever they are called', async t => {
  const pairs = [
    ['z', 'last name first'],
    ['__proto__', 'polluted'],
    ['constructor', 'x'],
    ['hasOwnProperty', ''],
    ['', 'no name'],
    ['한글', '\u{1F600} 값'],
    ["quote'; drop table unit; --", '\\ " \' ? :name ::int $1'],
    ['10', 'a number'],
    ['long', 'ä'.repeat(32_768)]
  ] as const
  const jobParameters = Object.create(null) as Record<string, string>
  for (const [name, value] of pairs)
    Object.defineProperty(jobParameters, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true
    })
  const { executionId, unitId } = await submitted(db, { jobParameters })
  const execution = await findJobExecution(db, executionId)
  const claimed = (await claim(db, await server(db))).find(unit => unit.unitId === unitId)
  for (const found of [execution!.jobParameters, claimed!.jobParameters]) {
    for (const [name, value] of pairs)
      t.equal(Object.getOwnPropertyDescriptor(found, name)?.value, value, name.slice(0, 20))
    t.equal(Object.keys(found).length, pairs.length)
  }
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})

t.test('names of the product’s greatest lengths are stored whole', async t => {
  const values = {
    jobName: '이'.repeat(256),
    appName: 'a'.repeat(512),
    jobXMLName: 'x'.repeat(128),
    submitter: 's'.repeat(256)
  }
  const { instanceId } = await submitted(db, values)
  t.match(await findJobInstance(db, instanceId), values)
})

t.test('E5 all of a batch are stored in one commit, or none', async t => {
  const before = await count()
  const [a, b] = await drawSubmissionIds(db, 2)
  const { instanceId } = await submitted(db)
  const [template] = await rows<{ xml_id: number }>(db, 'select xml_id from job_instance limit 1')
  const one = {
    jobName: 'batch',
    appName: 'a#a.war',
    application: 'a',
    jobXMLName: '',
    xmlId: template!.xml_id,
    inline: false,
    submitter: 'x',
    operationGroups: [],
    jobParameters: {},
    auditedParameters: {},
    idempotencyKey: null,
    priority: 4,
    delaySeconds: 0,
    caps: [],
    recovery: null,
    preemptible: false,
    timeLimit: null
  }
  await t.rejects(
    insertSubmissions(db, [
      { ...one, ...a! },
      { ...one, ...b!, instanceId }
    ]),
    { code: '23505' }
  )
  t.equal(await count(), before + 1, 'only the one that was there before')
})

async function count(): Promise<number> {
  const [row] = await rows<{ n: number }>(db, 'select count(*) as n from job_instance')
  return row!.n
}

t.test(
  'the list is newest first by creation, then by id, and pages cut it without gap or overlap',
  async t => {
    await rows(db, 'truncate job_instance cascade')
    const ids: number[] = []
    for (let at = 0; at < 25; at++) ids.push((await submitted(db)).instanceId)
    // Equal times: the id decides. One that was created before all others, with the greatest id.
    await rows(
      db,
      `update job_instance set create_time = '2020-01-01' where instance_id = any(:some::bigint[])`,
      {
        some: ids.slice(5, 15)
      }
    )
    await rows(db, `update job_instance set create_time = '2019-01-01' where instance_id = :last`, {
      last: ids[24]!
    })
    const expected = [
      ...ids.slice(15, 24).toReversed(),
      ...ids.slice(0, 5).toReversed(),
      ...ids.slice(5, 15).toReversed(),
      ids[24]!
    ]
    const pages: number[] = []
    for (let page = 0; page < 5; page++)
      pages.push(...(await listJobInstances(db, pageOf(page, 7))).map(instance => instance.instanceId))
    t.same(pages, expected)
    t.same(await listJobInstances(db, pageOf(4_000_000, 10_000)), [])
  }
)

function pageOf(page: number, pageSize: number) {
  return { selection: ALL_INSTANCES, sort: [], paging: { page, pageSize } }
}
