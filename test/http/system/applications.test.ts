// The applications of a server, sound and broken ones, as anybody with a role may see them.
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { as, writeUsersFile } from '../../support/users.ts'

const JSL = (id: string, elements: string) =>
  `<job id="${id}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">${elements}</job>`
const step = (id: string) => `<step id="${id}"><batchlet ref="run"/></step>`

const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-applications-')))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const apps = path.join(directory, 'apps')
async function file(name: string, content: string): Promise<void> {
  await mkdir(path.dirname(path.join(apps, name)), { recursive: true })
  await writeFile(path.join(apps, name), content)
}
await file(
  'good/artifacts.ts',
  `export const run = () => 'x'\nexport class Reader {}\nexport const LIMIT = 5\nexport default { csvReader: {} }`
)
await file(
  'good/batch.xml',
  '<batch-artifacts><ref id="runner" class="com.acme.run"/><ref id="gone" class="Gone"/></batch-artifacts>'
)
await file(
  'good/batch-jobs/a.xml',
  JSL('first', `<flow id="f" next="two">${step('one')}</flow>${step('two')}`)
)
await file('good/batch-jobs/b.xml', '<job>\n<step/></job>')
await file('syntax/artifacts.ts', 'export const = 1')
await file('thrower/artifacts.ts', `throw new Error('no licence')`)
await file('leaver/artifacts.ts', 'process.exit(3)')
await file('plain/batch-jobs/c.xml', JSL('c', step('s')))

const app = await buildApp(t, { BATCH_APPS_DIR: apps, BATCH_USERS_FILE: await writeUsersFile(directory) })
const ask = async (query = '', user = 'mona') =>
  await app.http.inject({ url: `/api/v1/applications${query}`, headers: as(user) })

t.test('each has its version, its jobs with steps or problems, and the names of its artifacts', async t => {
  const answer = await ask()
  t.equal(answer.statusCode, 200)
  const { items, nextToken, builtInArtifacts } = answer.json()
  t.equal(nextToken, null)
  t.ok(builtInArtifacts.includes('shellBatchlet'))
  t.same(
    items.map(({ name }: { name: string }) => name),
    ['good', 'leaver', 'plain', 'syntax', 'thrower']
  )
  t.match(items[0], {
    version: /^[0-9a-f]{32}$/,
    artifacts: ['Reader', 'csvReader', 'run', 'runner'],
    problem: null,
    jobs: [
      { jobXMLName: 'a', jobName: 'first', steps: ['one', 'two'], problems: [] },
      { jobXMLName: 'b', jobName: null, steps: [], problems: [{ line: 1 }] }
    ]
  })
  t.match(items[2], { name: 'plain', artifacts: [], problem: null, jobs: [{ steps: ['s'] }] })
})

t.test('a broken one says why, and the server that never ran its code lives on', async t => {
  const { items } = (await ask()).json()
  t.match(items[1], { name: 'leaver', artifacts: [], problem: /exit/ })
  t.match(items[3], {
    name: 'syntax',
    problem: /artifacts\.ts of application syntax cannot be loaded: [^]*SyntaxError/
  })
  t.match(items[4], { name: 'thrower', problem: /no licence/ })
})

t.test('a page has at most so many, and its token leads to those behind it', async t => {
  const seen: string[] = []
  for (let token: string | null = ''; token !== null;) {
    const page: { items: { name: string }[]; nextToken: string | null } = (
      await ask(`?limit=2${token === '' ? '' : `&token=${token}`}`)
    ).json()
    t.ok(page.items.length <= 2)
    seen.push(...page.items.map(({ name }) => name))
    token = page.nextToken
  }
  t.same(seen, ['good', 'leaver', 'plain', 'syntax', 'thrower'])
})

t.test('what the query may not hold is refused with its name', async t => {
  const token = Buffer.from('["runs","x"]').toString('base64url')
  for (const [query, field] of [
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=many', 'limit'],
    ['?token=zzz', 'token'],
    [`?token=${token}`, 'token'],
    ['?token=', 'token'],
    ['?offset=3', 'offset']
  ] as const) {
    const answer = await ask(query)
    t.match(answer.json(), { status: 400, code: 'ParameterInvalid', errors: [{ path: field }] }, query)
  }
})

t.test('everybody with a role may ask, others may not', async t => {
  for (const user of ['admin', 'bob', 'mona', 'gina', 'gus'])
    t.equal((await ask('', user)).statusCode, 200, user)
  t.match((await ask('', 'nobody')).json(), { status: 401, code: 'RoleMissing', detail: /CWWKY0303W/ })
})

t.test('an application whose code changed is looked at again', async t => {
  await file('plain/artifacts.ts', 'export const fresh = () => 1')
  const artifacts = await until('the new code is seen', async () => {
    const found: string[] = (await ask()).json().items[2].artifacts
    return found.length > 0 ? found : null
  })
  t.same(artifacts, ['fresh'])
})
