// Which partitions run again, how many there are and with what: JSR-352 §10.8.5.
import t from 'tap'
import type { Injected } from '../../../src/batch/artifacts.ts'
import type { RanJob } from '../run-job.ts'
import { cycle } from './partition-cycle.ts'

const started = (job: RanJob) => job.instance.calls.filter(call => call.startsWith('startPartitions')).at(-1)
const failing = (number: number, run = '1') => {
  const partitionProperties: Record<string, string>[] = []
  partitionProperties[number] = { fail: run }
  return partitionProperties
}

t.test('only partitions that did not complete run again, the cycle is complete again', async t => {
  const { calls, run } = cycle()
  const first = await run({ partitions: 3, partitionProperties: failing(2) })
  const second = await run({ partitions: 3 }, 2, { from: first.next })
  t.equal(started(second), 'startPartitions 0,1,2 carried 0,1 threads 0')
  t.same(calls, [
    'beforeStep',
    'begin',
    'map',
    'p2',
    'data of 2',
    'COMPLETED COMPLETED',
    'before',
    'after COMMIT',
    'afterStep'
  ])
})

t.test('without override the count of the mapper is ignored, its properties are used', async t => {
  const { run } = cycle()
  const first = await run({ partitions: 3, partitionProperties: failing(0) })
  const partitionProperties = Array.from({ length: 7 }, (_, n) => ({ answer: `NEW ${n}` }))
  const second = await run({ partitions: 7, partitionProperties }, 2, { from: first.next })
  t.equal(started(second), 'startPartitions 0,1,2 carried 1,2 threads 0')
  t.equal(second.steps[0]!.partitions[0]!.exitStatus, 'NEW 0')
})

t.test('a partition that the new plan of a mapper does not have goes on with its properties', async t => {
  const { run } = cycle()
  const partitionProperties = [{ fail: '1' }, {}, { fail: '1', answer: 'OLD 2' }]
  const first = await run({ partitions: 3, partitionProperties })
  const second = await run({ partitions: 1, partitionProperties: [{ answer: 'NEW 0' }] }, 2, {
    from: first.next
  })
  t.equal(started(second), 'startPartitions 0,1,2 carried 1 threads 0')
  t.same(
    second.steps[0]!.partitions.map(({ exitStatus }) => exitStatus),
    ['NEW 0', 'COMPLETED', 'OLD 2']
  )
})

t.test('a mapper that keeps properties changes them for no partition that began before', async t => {
  const { run } = cycle()
  const partitionProperties = [{ fail: '1', answer: 'OLD 0' }, {}]
  const first = await run({ partitions: 2, partitionProperties, keepProperties: true })
  const anew = { partitions: 5, partitionProperties: Array.from({ length: 5 }, () => ({ answer: 'NEW' })) }
  const second = await run({ ...anew, keepProperties: true }, 2, { from: first.next })
  t.equal(started(second), 'startPartitions 0,1 carried 1 threads 0')
  t.equal(second.steps[0]!.partitions[0]!.exitStatus, 'OLD 0')
})

t.test('an override gives new properties, also where they are kept otherwise', async t => {
  const { run } = cycle()
  const first = await run({ partitions: 2, partitionProperties: [{ fail: '1' }], keepProperties: true })
  const partitionProperties = [{ answer: 'NEW' }]
  const anew = { partitions: 3, partitionProperties, partitionsOverride: true, keepProperties: true }
  const second = await run(anew, 2, { from: first.next })
  t.equal(started(second), 'startPartitions 0,1,2 carried  threads 0 override')
  t.equal(second.steps[0]!.partitions[0]!.exitStatus, 'NEW')
})

t.test('a static plan that changed keeps the count of the first attempt', async t => {
  const { run } = cycle()
  const plan = (partitions: number, fail: string) =>
    `<plan partitions="${partitions}"><properties partition="0"><property name="fail" value="${fail}"/></properties></plan>`
  const first = await run(plan(2, '1'))
  const second = await run(plan(5, 'no'), 2, { from: first.next })
  t.equal(started(second), 'startPartitions 0,1 carried 1 threads 0')
})

t.test(
  'with override everything is discarded: one rollback before any partition, then all new ones run',
  async t => {
    const { calls, run } = cycle()
    const first = await run({ partitions: 2, partitionProperties: failing(0) })
    const second = await run({ partitions: 4, partitionsOverride: true }, 2, { from: first.next })
    t.equal(started(second), 'startPartitions 0,1,2,3 carried  threads 0 override')
    t.same(calls.slice(0, 5), ['beforeStep', 'begin', 'map', 'rollback', 'p0'])
    t.equal(calls.filter(call => call === 'rollback').length, 1)
  }
)

t.test('override of a first execution rolls nothing back', async t => {
  const { calls, run } = cycle()
  await run({ partitions: 1, partitionsOverride: true })
  t.notOk(calls.includes('rollback'))
})

t.test('a completed step that is allowed again runs all partitions from the beginning', async t => {
  const { run } = cycle()
  const attributes = 'allow-start-if-complete="true"'
  const first = await run({ partitions: 2 }, 1, {}, attributes)
  const second = await run({ partitions: 3 }, 2, { from: first.next }, attributes)
  t.equal(started(second), 'startPartitions 0,1,2 carried  threads 0')
})

t.test('an interrupted attempt goes on with its own plan, whatever override says', async t => {
  const { calls, run } = cycle()
  const first = await run({ partitions: 2, partitionsOverride: true })
  const step = first.instance.steps[0]!
  step.batchStatus = 'STARTED'
  step.partitions[1]!.batchStatus = 'STARTED'
  const plan = { partitions: 2, partitionsOverride: true }
  const again = await run(plan, 1, { from: first.next, resume: first.executionId })
  t.equal(started(again), 'startPartitions 0,1 carried 0 threads 0')
  t.notOk(calls.includes('rollback'))
})

t.test('when all partitions had completed and only the analyzer failed, none runs again', async t => {
  const analyzer = ({ jobParameters }: Injected) => ({
    analyzeStatus: () => {
      if (jobParameters['run'] === '1') throw new Error('on purpose')
    }
  })
  const { calls, run } = cycle({ analyzer })
  const first = await run({ partitions: 2 })
  t.equal(first.batchStatus, 'FAILED')
  const second = await run({ partitions: 2 }, 2, { from: first.next })
  t.equal(second.batchStatus, 'COMPLETED')
  t.same(calls, ['beforeStep', 'begin', 'map', 'before', 'after COMMIT', 'afterStep'])
})
