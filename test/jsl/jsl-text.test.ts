// What a job log shows of a JSL after substitution.
import t from 'tap'
import { readJob } from '../../src/jsl/read-job.ts'
import { resolvedJobText, resolvedPartitionText } from '../../src/jsl/jsl-text.ts'
import { modelOf } from './reading.ts'

const NOTHING = { jobParameters: {}, systemProperties: {} }
const textOf = (jsl: string, jobParameters: Record<string, string> = {}, longest = 10_000) =>
  resolvedJobText(readJob(jsl), { jobParameters, systemProperties: {} }, { longest })

const JOB = `<job id="j"><!-- comment --><step id="s" next="#{jobParameters['to']}">
  <batchlet ref="b"><properties><property name="p" value="#{jobParameters['p']}?:a&lt;b;"/></properties></batchlet>
</step><step id="t"><batchlet ref="b"/></step></job>`

t.test('every element stands on a line of its own with its values substituted', async t => {
  t.equal(
    textOf(JOB, { to: 't' }),
    [
      '<job id="j">',
      '  <step id="s" next="t">',
      '    <batchlet ref="b">',
      '      <properties>',
      '        <property name="p" value="a&lt;b"/>',
      '      </properties>',
      '    </batchlet>',
      '  </step>',
      '  <step id="t">',
      '    <batchlet ref="b"/>',
      '  </step>',
      '</job>'
    ].join('\n')
  )
})

t.test('what is written is the same JSL again, whatever its values hold', async t => {
  const parameters = { to: 't', p: `"quoted" & <tagged>\n\t\u2028` }
  const again = textOf(JOB, parameters)
  t.equal(again.split('\n').length, 12)
  const withoutLines = (text: string, given: Record<string, string> = {}) =>
    JSON.parse(JSON.stringify(modelOf(text, given), (key, value: unknown) => (key === 'line' ? 0 : value)))
  t.same(withoutLines(again), withoutLines(JOB, parameters))
})

t.test('values of properties with secret names are masked, their expressions or not', async t => {
  const text = textOf(
    `<job id="j"><properties><property name="db.password" value="#{jobParameters['pw']}"/>
      <property name="api-key" value="literal"/><property name="token" value=""/></properties>
      <step id="s"><batchlet ref="b"/></step></job>`,
    { pw: 'geheim' }
  )
  t.match(text, '<property name="db.password" value="********"/>')
  t.match(text, '<property name="api-key" value="********"/>')
  t.match(text, '<property name="token" value=""/>')
  t.notMatch(text, /geheim|literal/)
})

const PARTITIONED = `<job id="j"><step id="s"><batchlet ref="b"><properties>
  <property name="a" value="x#{partitionPlan['n']}?:none;"/><property name="b" value="#{jobProperties['a']}!"/>
  </properties></batchlet><partition><plan partitions="2"/></partition></step></job>`

t.test('what waits for its partition is written as in JSL, and filled in for the partition', async t => {
  const job = textOf(PARTITIONED)
  t.match(job, `<property name="a" value="x#{partitionPlan['n']}?:none;"/>`)
  t.match(job, `<property name="b" value="x#{partitionPlan['n']}?:none;!"/>`)
  const partition = resolvedPartitionText(
    readJob(PARTITIONED),
    's',
    { ...NOTHING, partitionPlan: { n: '7' } },
    { longest: 10_000 }
  )
  t.ok(partition.startsWith('<step id="s">'))
  t.match(partition, '<property name="b" value="x7!"/>')
  t.equal(
    resolvedPartitionText(
      readJob(PARTITIONED),
      'other',
      { ...NOTHING, partitionPlan: {} },
      { longest: 10_000 }
    ),
    ''
  )
})

t.test('it is made no longer than asked for', async t => {
  const steps = Array.from({ length: 2000 }, (_, n) => `<step id="s${n}"><batchlet ref="b"/></step>`)
  const jsl = `<job id="j">${steps.join('')}</job>`
  const whole = textOf(jsl, {}, 1_000_000)
  const cut = textOf(jsl, {}, 5000)
  t.equal(cut.length, 5000)
  t.equal(cut, whole.slice(0, 5000))
})
