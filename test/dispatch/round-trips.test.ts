// What a launch asks of PostgreSQL, counted: the same on an empty repository and on a long history (DESIGN section 9).
import path from 'node:path'
import pg from 'pg'
import t from 'tap'
import { type Database, rows } from '../../src/store/database.ts'
import { buildApp, type TestApp } from '../support/build-app.ts'
import { submitJsl } from '../support/jobs.ts'
import { until } from '../support/until.ts'

const LAUNCHES = 8
const MOST = 12

t.test('E5 a job of one step takes at most 12 round trips, whatever history there is', async t => {
  const sent = statementsOfServers()
  t.teardown(sent.stop)
  const app = await buildApp(t, {
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_THREADS: '2'
  })
  // The first ones start a thread, store the JSL, and fill what is kept of it.
  for (let at = 0; at < 3; at++) await launch(app)
  const onEmpty = await countedLaunches(app, sent)
  await fillHistory(app.database.db)
  const onHistory = await countedLaunches(app, sent)
  t.comment(`statements of a launch:\n${onEmpty.map(one => one.slice(0, 100)).join('\n')}`)
  t.ok(onEmpty.length <= MOST, `${onEmpty.length} round trips`)
  t.ok(onEmpty.length >= 4, 'ids, submit, start and end are seen')
  t.notOk(onEmpty.some(isClaim), 'with a free thread it is claimed as it is stored')
  // A tick's claim may come before the submit's own statements: which they are counts, not their order.
  t.same(onHistory.toSorted(), onEmpty.toSorted())
})

/** What every server process of this test sends to PostgreSQL, in order. Only looked at: it is sent as it is. */
function statementsOfServers() {
  const texts: string[] = []
  const send = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [first] = args
    const { application_name: name } = (
      this as unknown as { connectionParameters: { application_name?: string } }
    ).connectionParameters
    // Those of a server bear its incarnation; the test's own session is another.
    if (/^batchyard [0-9a-f-]{36}$/.test(name ?? ''))
      texts.push(
        (typeof first === 'string' ? first : (first as { text: string }).text).replaceAll(/\s+/g, ' ').trim()
      )
    return send.apply(this, args)
  } as typeof pg.Client.prototype.query
  return {
    take: () => texts.splice(0),
    stop: async () => {
      pg.Client.prototype.query = send as typeof pg.Client.prototype.query
    }
  }
}

async function launch({ operator, database }: TestApp): Promise<void> {
  const instanceId = await submitJsl(operator, 'lingering', '<step id="s"><batchlet ref="nothing"/></step>')
  await until('the job has ended', async () => {
    const [unit] = await rows(database.db, 'select from unit where instance_id = :instanceId', { instanceId })
    return unit === undefined
  })
}

/**
 * What each of several launches asks, in order, without what the server asks in a rhythm of its own: that comes between some of
 * them. Of the claims, which a tick makes too, the first is the launch's.
 */
async function countedLaunches(
  app: TestApp,
  sent: ReturnType<typeof statementsOfServers>
): Promise<string[]> {
  sent.take()
  await app.tick()
  const ofTicks = new Set(sent.take().filter(text => !isClaim(text)))
  const launches: string[][] = []
  for (let at = 0; at < LAUNCHES; at++) {
    sent.take()
    await launch(app)
    const statements = sent.take().filter(text => !ofTicks.has(text))
    launches.push(statements.filter((text, at) => !isClaim(text) || statements.findIndex(isClaim) === at))
  }
  // While a tick claims, a job waits to be claimed too: the launches of the others are compared.
  const fewest = Math.min(...launches.map(({ length }) => length))
  return launches
    .filter(({ length }) => length === fewest)
    .reduce((all, its) => all.filter(text => its.includes(text)))
}

function isClaim(text: string): boolean {
  return text.startsWith('with me as')
}

/** 100,000 rows that look as if servers had run them. */
async function fillHistory(db: Database): Promise<void> {
  const numbers = 'from generate_series(1000000, 1033333) as n'
  await rows(
    db,
    /* sql */ `insert into job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline, submitter,
      batch_status, instance_state, exit_status, latest_execution_id)
    select n, 'old', 'old#old.war', 'old', 'old', 1, false, 'tester', 'COMPLETED', 'COMPLETED', 'COMPLETED', n ${numbers}`
  )
  await rows(
    db,
    /* sql */ `insert into job_execution (execution_id, instance_id, execution_number, batch_status, exit_status)
    select n, n, 0, 'COMPLETED', 'COMPLETED' ${numbers}`
  )
  await rows(
    db,
    /* sql */ `insert into step_execution (step_execution_id, execution_id, instance_id, step_name, unit_id, batch_status)
    select n, n, n, 's', n, 'COMPLETED' ${numbers}`
  )
}
