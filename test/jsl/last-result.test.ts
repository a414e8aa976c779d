// What is handed out again is what would be made again, for these values and no others.
import t from 'tap'
import { rememberLast } from '../../src/jsl/last-result.ts'
import { readJob } from '../../src/jsl/read-job.ts'
import { resolveJob } from '../../src/jsl/resolve-job.ts'

const JSL = `<job id="j" version="1.0" xmlns="https://jakarta.ee/xml/ns/jakartaee">
  <properties><property name="p" value="#{jobParameters['a']}"/></properties>
  <step id="s"><batchlet ref="nothing"/></step>
</job>`

t.test('a job is resolved anew for other values', async t => {
  const source = readJob(JSL)
  const of = (jobParameters: Record<string, string>) =>
    resolveJob(source, { jobParameters, systemProperties: {} })
  const first = of({ a: '1' })
  t.equal(of({ a: '1' }), first)
  t.same(of({ a: '2' }).properties, { p: '2' })
  t.same(of({ a: '1' }).properties, { p: '1' })
})

t.test('each source has its own, and a failure is none', async t => {
  const [a, b] = [readJob(JSL), readJob(JSL)]
  let made = 0
  const make = rememberLast((_, value: string) => {
    made++
    if (value === 'bad') throw new Error('bad')
    return value
  })
  t.same([make(a, 'x'), make(b, 'x'), make(a, 'x'), make(b, 'x')], ['x', 'x', 'x', 'x'])
  t.equal(made, 2)
  t.throws(() => make(a, 'bad'))
  t.throws(() => make(a, 'bad'))
  t.equal(made, 4)
})
