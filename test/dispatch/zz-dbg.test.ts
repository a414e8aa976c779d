import t from 'tap'
import { rows } from '/work/main/src/store/database.ts'
import { buildApp } from '/work/main/test/support/build-app.ts'
import { submitJsl } from '/work/main/test/support/jobs.ts'
const quick = '<batchlet ref="simpleBatchlet"/>'
const partitionedStep = (id, partitions) => `<step id="${id}">${quick}<partition><plan partitions="${partitions}"/></partition></step>`
const split = (id, flows) => `<split id="${id}">${flows.map((flow, at) => `<flow id="${id}-f${at}">${flow}</flow>`).join('')}</split>`
const nested = (id, depth, width) => split(id, Array.from({ length: width }, (_, at) => depth === 1 ? partitionedStep(`${id}-s${at}`, 2) : nested(`${id}-${at}`, depth - 1, width)))
t.test('x', {timeout: 60000}, async t => {
  const { operator, database } = await buildApp(t, { BATCH_THREADS: '2', BATCH_MAX_THREADS: '2' })
  await Promise.all(Array.from({ length: 24 }, (_, at) => submitJsl(operator, 'SimpleBatchJob', nested(`j${at}`, 2, 2))))
  for (let i = 0; i < 20; i++) {
    await new Promise(r => setTimeout(r, 1000))
    const u = await rows(database.db, `select execution_id, kind, status, count(*) as n from unit group by 1,2,3 order by 1,2,3`)
    const e = await rows(database.db, `select batch_status, count(*) as n from job_execution group by 1`)
    console.error(i, JSON.stringify(e), JSON.stringify(u.filter(x => x.kind !== 'execution' || x.status !== 'READY').map(x => [x.execution_id, x.kind, x.status, x.n].join(' '))))
    if (u.length === 0) break
  }
})
