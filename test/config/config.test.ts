// The configuration: defaults, and every problem named at once.
import t from 'tap'
import { ConfigInvalid, readConfig } from '../../src/config/config.ts'

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readConfig(environment, '/srv')
    return []
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems
    throw error
  }
}

t.test('without any setting everything has a default, and folders are absolute', async t => {
  const config = readConfig({}, '/srv')
  t.match(config, {
    BATCH_HOST: '127.0.0.1',
    BATCH_PORT: 9080,
    BATCH_DATABASE_URL: null,
    BATCH_DATA_DIR: '/srv/.batchyard',
    BATCH_JOBLOG_DIR: '/srv/joblogs',
    BATCH_RECOVERY: 'fail',
    BATCH_CAPS: null
  })
  t.ok(config.BATCH_THREADS >= 8)
  t.equal(config.BATCH_MAX_THREADS, 8 * config.BATCH_THREADS)
  t.match(config.serverId, /^[^/]+\/\/srv\/\.batchyard\/server1$/)
  t.ok(Object.isFrozen(config))
})

t.test('all problems are named in one go', async t => {
  const problems = problemsOf({
    BATCH_PORT: '70000',
    BATCH_THREADS: 'many',
    BATCH_ISOLATION: 'vm',
    BATCH_TIME_ZONE: 'Mars/Olympus',
    BATCH_DATABASE_URL: 'mysql://x/y',
    BATCH_PUBLIC_URL: 'ftp://x',
    BATCH_SERVER_ID: 'a b',
    BATCH_TREADS: '4'
  })
  t.equal(problems.length, 8)
  for (const key of ['BATCH_PORT', 'BATCH_THREADS', 'BATCH_ISOLATION', 'BATCH_TIME_ZONE', 'BATCH_TREADS'])
    t.ok(
      problems.some(problem => problem.startsWith(`${key}:`)),
      key
    )
})

t.test('an address that others can reach is refused while no users are configured', async t => {
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.com'])
    t.match(problemsOf({ BATCH_HOST: host }), [/no users are configured/], host)
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
    t.same(problemsOf({ BATCH_HOST: host }), [], host)
})

t.test('limits and strings are JSON objects', async t => {
  const config = readConfig({
    BATCH_CAPS: '{"job:a":1,"submitter:b":2}',
    BATCH_SYSTEM_PROPERTIES: '{"region":"EU"}'
  })
  t.same(config.BATCH_CAPS, { 'job:a': 1, 'submitter:b': 2 })
  t.same(config.BATCH_SYSTEM_PROPERTIES, { region: 'EU' })
  t.match(problemsOf({ BATCH_CAPS: '{"a":0}' }), [/must begin with/, /whole number/])
  for (const text of ['[]', 'null', '{', '"x"']) t.equal(problemsOf({ BATCH_CAPS: text }).length, 1, text)
  t.match(problemsOf({ BATCH_SYSTEM_PROPERTIES: '{"a":1}' }), [/a is no string/])
})

t.test('a dispatcher has no threads and runs nothing; an executor runs what it is bound to', async t => {
  t.match(readConfig({}), { BATCH_ROLE: 'both', executor: { applications: null, operationGroups: null } })
  const dispatcher = readConfig({ BATCH_ROLE: 'dispatcher', BATCH_THREADS: '8' })
  t.match(dispatcher, { BATCH_THREADS: 0, BATCH_MAX_THREADS: 0, executor: null })
  const executor = readConfig({
    BATCH_ROLE: 'executor',
    BATCH_EXECUTOR_APPLICATIONS: 'Orders, Ledger',
    BATCH_EXECUTOR_OPERATION_GROUPS: '["finance"]',
    BATCH_SERVER_CAPS: '{"job:heavy":1,"application:Ledger":2}'
  })
  t.same(executor.executor, { applications: ['Orders', 'Ledger'], operationGroups: ['finance'] })
  t.same(executor.BATCH_SERVER_CAPS, { 'job:heavy': 1, 'application:Ledger': 2 })
  t.match(problemsOf({ BATCH_ROLE: 'standby' }), [/none of both, dispatcher, executor/])
  t.match(problemsOf({ BATCH_SERVER_CAPS: '{"submitter:bob":1}' }), [/must begin with job: or application:/])
})

t.test('lists are parted by commas or are JSON arrays, and their paths are absolute', async t => {
  const listOf = (text: string) =>
    readConfig({ BATCH_INLINE_FOLDERS: text }, '/srv/batch').BATCH_INLINE_FOLDERS
  t.equal(listOf(''), null)
  t.same(listOf('in, /data/out ,'), ['/srv/batch/in', '/data/out'])
  t.same(listOf('["a,b","/c"]'), ['/srv/batch/a,b', '/c'])
  t.match(problemsOf({ BATCH_INLINE_FOLDERS: '["a",1]' }), [
    /neither a list parted by commas nor a JSON array/
  ])
})

t.test('an entry of BATCH_INLINE_URLS that would not mean what it says is refused', async t => {
  t.same(problemsOf({ BATCH_INLINE_URLS: 'https://a/v2,http://127.0.0.1:8080' }), [])
  for (const url of [
    'a/v2',
    'ftp://a',
    'https://*.a/',
    'https://u:hush@a/',
    'https://a/?x=1',
    'https://a/#x'
  ]) {
    const problems = problemsOf({ BATCH_INLINE_URLS: url })
    t.equal(problems.length, 1, url)
    if (url.includes('@')) t.notMatch(problems[0], /hush/)
  }
})

t.test('connections are PostgreSQL URLs, and inline ones are some of them', async t => {
  const connections = '{"sales":"postgres://u:hush@h/sales"}'
  t.same(problemsOf({ BATCH_CONNECTIONS: connections, BATCH_INLINE_CONNECTIONS: 'sales' }), [])
  t.match(problemsOf({ BATCH_CONNECTIONS: connections, BATCH_INLINE_CONNECTIONS: 'hr' }), [/hr is none of/])
  const [problem] = problemsOf({ BATCH_CONNECTIONS: '{"sales":"mysql://u:hush@h/sales"}' })
  t.match(problem, /^BATCH_CONNECTIONS: sales is no postgres/)
  t.notMatch(problem, /hush/)
})

t.test('commands inherit what they do not work without, and nothing else of the environment', async t => {
  const { shellEnvironment } = readConfig({
    PATH: '/bin',
    HOME: '/home/batch',
    AWS_SECRET_ACCESS_KEY: 'hush',
    BATCH_DATABASE_URL: 'postgres://u:hush@h/d',
    BATCH_TIME_ZONE: 'Asia/Seoul'
  })
  t.same(shellEnvironment, { PATH: '/bin', HOME: '/home/batch', TZ: 'Asia/Seoul' })
  t.match(readConfig({}).shellEnvironment.PATH, /\/usr\/bin/)
})
