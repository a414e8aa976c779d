// The cycle of a partitioned step on the job's thread, and its restarts: JSR-352 §8.2.6, §11.5, §10.8.5.
import t from 'tap'
import type { Injected, PartitionPlan } from '../../../src/batch/artifacts.ts'
import { StopRequest } from '../../../src/executor/stop-request.ts'
import { cycle } from './partition-cycle.ts'

const failing = (number: number, run = '1') => {
  const partitionProperties: Record<string, string>[] = []
  partitionProperties[number] = { fail: run }
  return partitionProperties
}

t.test('the calls on the job’s thread come in the order of the specification', async t => {
  const { calls, run } = cycle()
  const job = await run({ partitions: 1, partitionProperties: [{ answer: 'FINE' }] })
  t.same(calls, [
    'beforeStep',
    'begin',
    'map',
    'p0',
    'data of 0',
    'COMPLETED FINE',
    'before',
    'after COMMIT',
    'afterStep'
  ])
  t.match(job, { batchStatus: 'COMPLETED', steps: [{ batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' }] })
})

t.test('one failed partition lets the others finish, rolls back and fails the step', async t => {
  const { calls, run } = cycle()
  const job = await run({ partitions: 3, partitionProperties: failing(1), threads: 1 })
  t.same(
    calls.filter(call => call.startsWith('data')),
    ['data of 0', 'data of 1', 'data of 2'],
    'a batchlet that threw collects too'
  )
  t.same(calls.slice(-3), ['rollback', 'after ROLLBACK', 'afterStep'])
  t.match(job.steps[0], { batchStatus: 'FAILED', message: /1 of 3 partitions of step s FAILED: 1/ })
  t.match(job.steps[0]!.partitions[1], { message: 'Error: partition 1 on purpose' })
})

for (const [name, artifacts, expected] of [
  [
    'begin',
    { reducer: throwing('beginPartitionedStep') },
    ['beforeStep', 'rollback', 'after ROLLBACK', 'afterStep']
  ],
  [
    'the mapper',
    { mapper: throwing('mapPartitions') },
    ['beforeStep', 'begin', 'rollback', 'after ROLLBACK', 'afterStep']
  ],
  [
    'before completion',
    { reducer: throwing('beforePartitionedStepCompletion') },
    ['rollback', 'after ROLLBACK', 'afterStep']
  ],
  ['the analyzer', { analyzer: throwing('analyzeStatus') }, ['rollback', 'after ROLLBACK', 'afterStep']],
  [
    'the collector',
    { collector: throwing('collectPartitionData') },
    ['rollback', 'after ROLLBACK', 'afterStep']
  ]
] as const) {
  t.test(`an error in ${name} rolls the step back`, async t => {
    const calls: string[] = []
    const noting = (injected: Injected, make: (injected: Injected) => object) =>
      Object.assign(
        {
          beginPartitionedStep: () => void calls.push('begin'),
          rollbackPartitionedStep: () => void calls.push('rollback'),
          afterPartitionedStepCompletion: (status: string) => void calls.push(`after ${status}`)
        },
        make(injected)
      )
    const reducer = (injected: Injected) =>
      noting(injected, 'reducer' in artifacts ? artifacts.reducer : () => ({}))
    const listener = () => ({
      beforeStep: () => void calls.push('beforeStep'),
      afterStep: () => void calls.push('afterStep')
    })
    const job = await cycle({ ...artifacts, reducer, listener }).run({ partitions: 1 })
    t.same(calls.slice(-expected.length), expected)
    t.match(job, { batchStatus: 'FAILED', steps: [{ batchStatus: 'FAILED' }] })
  })
}

function throwing(method: string) {
  return () => ({
    [method]: () => {
      throw new Error(`${method} on purpose`)
    }
  })
}

t.test('what a mapper answers is checked', async t => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /answered null, not a plan/],
    [{}, /partitions must be a whole number from 0 to 100000, not undefined/],
    [{ partitions: -1 }, /not -1/],
    [{ partitions: 2.5 }, /not 2.5/],
    [{ partitions: 1e9 }, /not 1000000000/],
    [{ partitions: 1, threads: 'many' }, /threads must be a whole number ≥ 0, not "many"/],
    [{ partitions: 1, partitionProperties: 'x' }, /must be an array/],
    [
      { partitions: 1, partitionProperties: [{ a: {} }] },
      /partitionProperties\[0\]\.a must be a string, not object/
    ]
  ]
  for (const [plan, message] of wrong) {
    const job = await cycle().run(plan as PartitionPlan)
    t.match(job.steps[0], { batchStatus: 'FAILED', message })
  }
})

t.test('a plan of no partitions completes', async t => {
  t.match(await cycle().run({ partitions: 0 }), { batchStatus: 'COMPLETED' })
})

t.test('a stop lets running partitions end and starts no other: the step is STOPPED', async t => {
  const stop = new StopRequest()
  const batchlet = ({ partitionNumber }: Injected) => ({
    process: () => {
      if (partitionNumber === 1) stop.request('now')
    }
  })
  const { calls, run } = cycle({ batchlet })
  const job = await run({ partitions: 4, threads: 1 }, 1, { stop })
  t.match(job, { batchStatus: 'STOPPED', steps: [{ batchStatus: 'STOPPED' }] })
  t.same(calls.slice(-6), [
    'COMPLETED COMPLETED',
    'data of 1',
    'STOPPED STOPPED',
    'rollback',
    'after ROLLBACK',
    'afterStep'
  ])
})
