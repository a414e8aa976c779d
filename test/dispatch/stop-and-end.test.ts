// A stop is about one unit: what its thread runs next must never hear of it.
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl, whenJob } from '../support/jobs.ts'
import { until } from '../support/until.ts'

t.test(
  'E11 a stop that is written before the end of its unit does not reach the unit its thread runs next',
  async t => {
    const { operator, database, directory } = await buildApp(t, {
      BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
      BATCH_THREADS: '2',
      BATCH_STOP_GRACE_SECONDS: '1'
    })
    const file = (name: string) => path.join(directory, name)
    const property = (name: string, value: string) => `<property name="${name}" value="${file(value)}"/>`
    const first = await submitJsl(
      operator,
      'lingering',
      `<listeners><listener ref="LingersAtTheEnd"><properties>${property('begun', 'a')}${property('go', 'go')}
      </properties></listener></listeners><step id="s"><batchlet ref="nothing"/></step>`
    )
    const { executionId } = await whenJob(operator, first, 'STARTED')
    await until('it has come to its end', () => existsSync(file('a')))
    const { db } = database
    const waiting = async () =>
      (
        await rows(
          db,
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        )
      ).length
    // The stop is first in the queue for the unit's row, its end second.
    const held = await db.transaction()
    await rows(held, 'select from unit for update')
    const stop = operator.stopExecution(executionId, CALLER)
    await until('the stop waits', async () => (await waiting()) === 1)
    writeFileSync(file('go'), '')
    await until('the end waits behind it', async () => (await waiting()) === 2)
    const listening = `<step id="s"><batchlet ref="listening"><properties>${property('begun', 'b')}</properties></batchlet></step>`
    const next = await submitJsl(operator, 'lingering', listening)
    await until('the thread runs the next job', () => existsSync(file('b')))
    await held.commit()
    await stop
    t.match(await endedJob(operator, first), { batchStatus: 'STOPPED' })
    t.match(await endedJob(operator, next), {
      batchStatus: 'COMPLETED',
      steps: [{ exitStatus: 'undisturbed' }]
    })
  }
)
