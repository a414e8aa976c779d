// Restarts that surprise: another instance than the one meant, a new one, or parameters nobody asked for.
import t, { type Test } from 'tap'
import type { Json } from '../../support/batch-client.ts'
import { chunkJob, fieldNotes, type Ran } from './field-notes.ts'

const { client, run, restart, hasRows } = await fieldNotes(t)
const JOB = chunkJob()

const executionsOf = async ({ instanceId }: Ran) =>
  (await client.get(`/jobinstances/${instanceId}/jobexecutions`)) as Json[]

async function refused(t: Test, path: string, status: number, text: RegExp): Promise<void> {
  const answer = await client.call('PUT', path, { jobParameters: {} })
  t.equal(answer.status, status, answer.text)
  t.match(answer.text, text)
}

t.test('a restart goes on with the instance it names, not with the one that failed last', async t => {
  const one = await run(JOB, { rejected: '8' })
  const other = await run(JOB, { rejected: '3' })
  const again = await restart(one)
  t.match(again.execution, { batchStatus: 'COMPLETED' })
  t.equal((await executionsOf(one)).length, 2)
  t.equal((await executionsOf(other)).length, 1)
  await hasRows(t, one, 10)
  await hasRows(t, other, 0)
})

t.test('a submit with the parameters of a failed instance begins a new one', async t => {
  const failed = await run(JOB, { rejected: '8' })
  const fresh = await run(JOB, { rejected: '8' })
  t.not(fresh.instanceId, failed.instanceId)
  await hasRows(t, fresh, 5)
  t.equal((await executionsOf(failed)).length, 1)
})

t.test('a restart has the parameters it is given and no others', async t => {
  const failed = await run(JOB, { rejected: '8', items: '10' })
  const again = await restart(failed, { items: '7' })
  t.match(again.execution, { batchStatus: 'COMPLETED', jobParameters: { items: '7' } })
  t.same(again.execution.jobParameters, { items: '7' })
  await hasRows(t, again, 7)
})

t.test('with reusePreviousParams the earlier ones are merged, and those given win', async t => {
  const failed = await run(JOB, { rejected: '8', items: '9' })
  const path = `/jobinstances/${failed.instanceId}?action=restart&reusePreviousParams=true`
  const answer = await client.call('PUT', path, { jobParameters: { rejected: 'none' } })
  t.equal(answer.status, 200, answer.text)
  const execution = await client.ended(failed.instanceId)
  t.same(execution.jobParameters, { rejected: 'none', items: '9' })
  await hasRows(t, failed, 9)
})

t.test('what cannot be restarted is refused, saying why, and nothing is started', async t => {
  const failed = await run(JOB, { rejected: '8' })
  const completed = await restart(failed)
  await refused(t, `/jobinstances/${failed.instanceId}?action=restart`, 409, /COMPLETED|complete/i)
  await refused(
    t,
    `/jobexecutions/${failed.execution.executionId}?action=restart`,
    400,
    /most recent|latest/i
  )
  t.equal((await executionsOf(completed)).length, 2)
  const never = await run(JOB.replace('id="complaint"', 'id="complaint" restartable="false"'), {
    rejected: '1'
  })
  await refused(t, `/jobinstances/${never.instanceId}?action=restart`, 409, /restartable/)
})
