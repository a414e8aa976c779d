// The JSL after substitution in the job log, where Liberty has it, and what it must never show.
import t from 'tap'
import { type Artifacts, jobOf, runJob } from './run-job.ts'

const artifacts: Artifacts = { batchlet: () => ({ process: () => {} }) }
const property = (name: string, value: string) => `<property name="${name}" value="${value}"/>`
const JSL = `<step id="s"><batchlet ref="batchlet"><properties>
  ${property('where', "#{jobParameters['where']}?:nowhere;")}
  ${property('login', "#{jobParameters['db.password']}")}
  ${property('again', "x#{jobProperties['login']}y")}
  ${property('url', "#{systemProperties['batchyard.database.url']}")}
  ${property('other', "#{systemProperties['mirror']}")}
  ${property('token', "#{jobParameters['where']}")}
  </properties></batchlet></step>`
const given = {
  jobParameters: { where: 'here', 'db.password': 'geheim' },
  systemProperties: {
    'batchyard.database.url': 'postgres://h/d?user=u&password=p4ss',
    mirror: 'ftp://user:w0rd@host/'
  }
}
const recordsOf = (log: readonly string[]) => log.filter(record => /CWWKY004[23]I/.test(record))

t.test('it stands behind the JSL as submitted, with values and without secrets', async t => {
  const { instance } = await runJob({ jsl: JSL, artifacts, ...given })
  const [unresolved, resolved] = recordsOf(instance.log)
  t.match(unresolved, 'CWWKY0043I: JSL before substitution:\n <job ')
  t.match(resolved, 'CWWKY0042I: JSL after substitution:\n <job ')
  t.ok(resolved!.endsWith('\n</job>\n.'))
  t.match(resolved, property('where', 'here'))
  for (const name of ['login', 'url', 'other', 'token']) t.match(resolved, property(name, '********'))
  t.match(resolved, property('again', 'x********y'))
  t.notMatch(instance.log.join('\n'), /geheim|p4ss|w0rd/)
})

t.test('an empty secret leaves its default in force', async t => {
  const jsl = `<step id="s"><batchlet ref="batchlet"><properties>${property('p', "#{jobParameters['secret']}?:none;")}</properties></batchlet></step>`
  const { instance } = await runJob({ jsl, artifacts, jobParameters: { secret: '' } })
  t.match(recordsOf(instance.log)[1], property('p', 'none'))
})

t.test('each partition logs its step with its own plan', async t => {
  const jsl = `<step id="s"><batchlet ref="batchlet"><properties>${property('p', "#{partitionPlan['n']}")}</properties></batchlet>
    <partition><plan partitions="2">
      <properties partition="0">${property('n', 'zero')}</properties><properties partition="1">${property('n', 'one')}</properties>
    </plan></partition></step>`
  const { instance } = await runJob({ jsl, artifacts })
  const records = recordsOf(instance.log).slice(2)
  t.equal(records.length, 2)
  t.match(records[0], `CWWKY0042I: JSL of the partition after substitution:\n <step id="s">`)
  t.match(
    records.find(record => record.includes('value="zero"')),
    property('p', 'zero')
  )
  t.match(
    records.find(record => record.includes('value="one"')),
    property('p', 'one')
  )
})

t.test('a job of megabytes does not drown its log', async t => {
  const big = Array.from({ length: 40_000 }, (_, n) => property(`p${n}`, 'x'.repeat(60))).join('')
  const jsl = jobOf(`<properties>${big}</properties><step id="s"><batchlet ref="batchlet"/></step>`)
  const { instance, batchStatus } = await runJob({ jsl, artifacts })
  t.equal(batchStatus, 'COMPLETED')
  const records = recordsOf(instance.log)
  t.equal(records.length, 2)
  for (const record of records) {
    t.ok(record.length < 270_000, `${record.length}`)
    t.match(record, /substitution \(cut after 262144 characters\):/)
  }
})
