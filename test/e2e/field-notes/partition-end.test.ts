// Partitions and splits that hang, or whose step ends while some of them still run.
import t from 'tap'
import { chunkJob, fieldNotes, MAPPED } from './field-notes.ts'

const { run, hasRows } = await fieldNotes(t, { BATCH_THREADS: '1' })

t.test('a step ends when the last of its partitions has, however many threads they are given', async t => {
  for (const threads of ['0', '1', '2', '9']) {
    const ran = await run(chunkJob({ partition: MAPPED }), { threads, millis: '2' })
    t.match(ran.execution, { batchStatus: 'COMPLETED' }, `threads ${threads}`)
    t.match(ran.steps['load'], { exitStatus: '9 data, COMPLETED COMPLETED COMPLETED' })
    await hasRows(t, ran, 30)
  }
})

t.test('a step whose first partition fails at once waits for the others', async t => {
  const ran = await run(chunkJob({ partition: MAPPED }), { rejected: '1', millis: '5' })
  t.match(ran.execution, { batchStatus: 'FAILED' })
  t.match(ran.steps['load'], { exitStatus: '6 data, COMPLETED COMPLETED FAILED' })
  await hasRows(t, ran, 20)
})

t.test('a split of partitioned steps comes to its end with one thread', async t => {
  const step = (name: string) => `<flow id="f${name}">${stepOf(name)}</flow>`
  const jobXML = `<job id="complaint" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">
    <split id="both">${step('a')}${step('b')}${step('c')}</split></job>`
  const ran = await run(jobXML)
  t.match(ran.execution, { batchStatus: 'COMPLETED' })
  t.same(Object.keys(ran.steps).toSorted(), ['a', 'b', 'c'])
})

t.test('a plan of no partitions completes', async t => {
  t.match((await run(chunkJob({ partition: MAPPED }), { partitions: '0' })).execution, {
    batchStatus: 'COMPLETED'
  })
})

function stepOf(id: string): string {
  return /<step [^]*<\/step>/.exec(chunkJob({ partition: MAPPED }))![0].replace('id="load"', `id="${id}"`)
}
