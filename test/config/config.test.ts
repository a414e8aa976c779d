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
  t.ok(config.BATCH_THREADS >= 4)
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
