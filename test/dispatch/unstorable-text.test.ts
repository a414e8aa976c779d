// E16: whatever text job code sets, the job still ends; what PostgreSQL cannot store is replaced.
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { CALLER, endedJob, submitJsl } from '../support/jobs.ts'

const { operator } = await buildApp(t, {
  BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications')
})

const REPLACED = 'a\uFFFDb\uFFFDc'

const batchlet = (where: string) =>
  `<batchlet ref="unstorable"><properties><property name="where" value="${where}"/></properties></batchlet>`

for (const [where, batchStatus] of [
  ['job', 'COMPLETED'],
  ['step', 'COMPLETED'],
  ['returned', 'COMPLETED'],
  ['user data', 'COMPLETED'],
  ['error', 'FAILED']
] as const)
  for (const [place, jsl] of [
    ['a step', `<step id="s">${batchlet(where)}</step>`],
    ['a partition', `<step id="s">${batchlet(where)}<partition><plan partitions="2"/></partition></step>`],
    [
      'a flow of a split',
      `<split id="split"><flow id="f"><step id="s">${batchlet(where)}</step></flow></split>`
    ]
  ] as const)
    t.test(`E16 a job with unstorable text (${where}) in ${place} is ${batchStatus}`, async t => {
      const execution = await endedJob(operator, await submitJsl(operator, 'counted', jsl))
      t.equal(execution.batchStatus, batchStatus)
      if (place === 'a step' && where === 'job') t.equal(execution.exitStatus, REPLACED)
      if (place === 'a step' && (where === 'step' || where === 'returned'))
        t.equal(execution.steps[0]!.exitStatus, REPLACED)
    })

t.test('E16 a partition plan with unstorable properties does not hang the job', async t => {
  const jsl = `<step id="s">${batchlet('none')}<partition><mapper ref="unstorablePlan"/></partition></step>`
  const { executionId, batchStatus } = await endedJob(operator, await submitJsl(operator, 'counted', jsl))
  const [step] = await operator.stepExecutions(executionId, null, CALLER)
  t.match([batchStatus, step!.batchStatus], [/COMPLETED|FAILED/, /COMPLETED|FAILED/])
})

t.test('a longer exit status than the product’s column is cut', async t => {
  const id = await submitJsl(operator, 'counted', '<step id="s"><batchlet ref="longExitStatus"/></step>')
  t.equal((await endedJob(operator, id)).exitStatus, 'é'.repeat(512))
})

t.test('an exit status of 512 characters is kept whole, however wide its characters are', async t => {
  const id = await submitJsl(operator, 'counted', '<step id="s"><batchlet ref="wideExitStatus"/></step>')
  t.match(await endedJob(operator, id), { batchStatus: 'COMPLETED', exitStatus: `a${'😀'.repeat(511)}` })
})
