// The role table, row by row: each kind of user tries each operation on a real server over HTTP.
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { until } from '../support/until.ts'
import { as, USERS, writeUsersFile } from '../support/users.ts'

const BATCH = '/ibm/api/batch'

const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-roles-')))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const app = await buildApp(t, {
  BATCH_USERS_FILE: await writeUsersFile(directory),
  BATCH_OPERATION_GROUPS: '{"job:test_failing":"none","job:grouped":"finance"}'
})

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

async function ask(user: string, method: Method, url: string, payload?: object) {
  return await app.http.inject({
    method,
    url: url.startsWith('/api/') ? url : `${BATCH}${url}`,
    headers: as(user),
    ...(payload ? { payload } : {})
  })
}

interface Job {
  readonly instance: number
  readonly execution: number
  readonly step: number
}

/** A job of one step that has FAILED, so that it can be restarted; `secret` in its parameters. */
async function failedJob(user: string, name: string): Promise<Job> {
  const jobXML = `<job id="${name}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
    <step id="s1"><batchlet ref="nobodyExportsThis"/></step></job>`
  const submitted = await ask(user, 'POST', '/jobinstances', {
    applicationName: 'SimpleBatchJob',
    jobXML,
    jobParameters: { password: 'hunter2', day: '1' }
  })
  if (submitted.statusCode !== 201) throw new Error(`${submitted.statusCode} ${submitted.body}`)
  const instance = submitted.json<{ instanceId: number }>().instanceId
  return await until('the job has failed', async () => {
    const [execution] = (await ask('admin', 'GET', `/jobinstances/${instance}/jobexecutions`)).json()
    return execution.batchStatus === 'FAILED' && execution.stepExecutions.length > 0
      ? { instance, execution: execution.executionId, step: execution.stepExecutions[0].stepExecutionId }
      : null
  })
}

const job = await failedJob('bob', 'plain')
const grouped = await failedJob('bob', 'grouped')

const READS = (of: Job) => [
  `/jobinstances/${of.instance}`,
  `/v4/jobinstances/${of.instance}`,
  `/jobinstances/${of.instance}/jobexecutions`,
  `/jobinstances/${of.instance}/jobexecutions/0`,
  `/jobinstances/${of.instance}/jobexecnum/0`,
  `/jobinstances/${of.instance}/jobexecutions/0/stepexecutions/s1`,
  `/jobinstances/${of.instance}/joblogs`,
  `/jobinstances/${of.instance}/joblogs?type=text`,
  `/jobinstances/${of.instance}/joblogs?type=zip`,
  `/jobinstances/${of.instance}/jobexecutions/${of.execution}/joblogs`,
  `/jobexecutions/${of.execution}`,
  `/jobexecutions/${of.execution}/jobinstance`,
  `/jobexecutions/${of.execution}/stepexecutions`,
  `/jobexecutions/${of.execution}/stepexecutions/s1`,
  `/jobexecutions/${of.execution}/joblogs`,
  `/jobexecutions/${of.execution}/joblogs?type=text`,
  `/jobexecutions/${of.execution}/joblogs?type=zip`,
  `/jobexecutions/${of.execution}/joblogs?part=part.1.log`,
  `/stepexecutions/${of.step}`
]

/** Who may read bob's job without a group, and the one of the group finance. */
const MAY_READ = {
  plain: ['admin', 'bob', 'mona', 'sam'],
  grouped: ['admin', 'bob', 'mona', 'sam', 'gina', 'gus', 'sigi']
}
const MAY_WRITE = { plain: ['admin', 'bob'], grouped: ['admin', 'bob', 'gina'] }

for (const [kind, one] of Object.entries({ plain: job, grouped }) as ['plain' | 'grouped', Job][])
  for (const user of Object.keys(USERS))
    t.test(`${user} ${MAY_READ[kind].includes(user) ? 'reads' : 'cannot read'} the ${kind} job`, async t => {
      for (const url of READS(one)) {
        const answer = await ask(user, 'GET', url)
        if (MAY_READ[kind].includes(user)) t.equal(answer.statusCode, 200, url)
        else {
          t.equal(answer.statusCode, 401, url)
          const code = user === 'nobody' ? 'CWWKY0303W' : 'CWWKY0302W'
          t.match(answer.json().detail, new RegExp(`^${code}.*${user}.*not authorized`), url)
          t.equal(answer.headers['www-authenticate'], 'Bearer realm="ibm/api", error="insufficient_scope"')
        }
      }
    })

for (const [kind, one] of Object.entries({ plain: job, grouped }) as ['plain' | 'grouped', Job][])
  for (const user of Object.keys(USERS))
    t.test(
      `${user} ${MAY_WRITE[kind].includes(user) ? 'changes' : 'cannot change'} the ${kind} job`,
      async t => {
        const requests: readonly (readonly [Method, string, object?])[] = [
          ['PUT', `/jobinstances/${one.instance}?action=stop`],
          ['PUT', `/jobexecutions/${one.execution}?action=stop`],
          ['PUT', `/api/v1/executions/${one.execution}/priority`, { priority: 5 }],
          ...(MAY_WRITE[kind].includes(user)
            ? []
            : ([
                ['PUT', `/jobinstances/${one.instance}?action=restart`],
                ['PUT', `/jobexecutions/${one.execution}?action=restart`],
                ['DELETE', `/jobinstances/${one.instance}`],
                ['DELETE', `/jobinstances/${one.instance}?purgeJobStoreOnly=true`],
                ['DELETE', `/jobinstances/${one.instance}/joblogs`]
              ] as const))
        ]
        for (const [method, url, payload] of requests) {
          const answer = await ask(user, method, url, payload)
          // It does not run any more, which is said only to those who may stop it.
          t.equal(
            answer.statusCode,
            MAY_WRITE[kind].includes(user) ? 409 : 401,
            `${method} ${url} ${answer.body}`
          )
        }
      }
    )

t.test('only admins and submitters submit', async t => {
  for (const user of Object.keys(USERS)) {
    const answer = await ask(user, 'POST', '/jobinstances', {
      applicationName: 'SimpleBatchJob',
      jobXMLName: 'no-such'
    })
    const may = ['admin', 'bob', 'alice', 'sam', 'sigi'].includes(user)
    t.equal(answer.statusCode, may ? 400 : 401, user)
    if (!may) t.match(answer.json().detail, /^CWWKY0304W/, user)
  }
})

t.test('lists show what may be seen, before their pages are cut', async t => {
  const theirs = await failedJob('alice', 'alices')
  const all = [theirs.instance, grouped.instance, job.instance]
  const seen: Record<string, readonly number[]> = {
    admin: all,
    mona: all,
    sam: all,
    bob: [grouped.instance, job.instance],
    alice: [theirs.instance],
    gina: [grouped.instance],
    gus: [grouped.instance],
    sigi: [grouped.instance],
    olga: [],
    nora: []
  }
  for (const [user, ids] of Object.entries(seen))
    for (const version of ['', '/v2', '/v4']) {
      const answer = await ask(user, 'GET', `${version}/jobinstances`)
      t.same(
        answer.json().map(({ instanceId }: { instanceId: number }) => instanceId),
        ids,
        `${user} ${version}`
      )
      const first = await ask(user, 'GET', `${version}/jobinstances?pageSize=1`)
      t.equal(first.json()[0]?.instanceId, ids[0], `the page is full: ${user}`)
    }
  const none = await ask('nobody', 'GET', '/jobinstances')
  t.equal(none.statusCode, 401)
  t.match(none.json().detail, /^CWWKY0303W.*nobody.*not authorized/)
})

t.test('who has a role is told that an id is unknown, and nobody else is', async t => {
  for (const url of ['/jobinstances/99999999', '/jobexecutions/99999999', '/stepexecutions/99999999']) {
    for (const user of ['alice', 'gina', 'mona', 'admin'])
      t.equal((await ask(user, 'GET', url)).statusCode, 404)
    t.equal((await ask('nobody', 'GET', url)).statusCode, 401)
  }
  t.match((await ask('alice', 'DELETE', '/jobinstances/99999999')).json().detail, /CWWKY0151E/)
})

t.test('secret parameters are masked but for their submitter and administrators', async t => {
  for (const user of MAY_READ.grouped) {
    const shown = user === 'bob' || user === 'admin' ? 'hunter2' : '********'
    const one = await ask(user, 'GET', `/jobexecutions/${grouped.execution}`)
    t.same(one.json().jobParameters, { password: shown, day: '1' }, user)
    const list = await ask(user, 'GET', `/jobinstances/${grouped.instance}/jobexecutions`)
    t.same(list.json()[0].jobParameters, { password: shown, day: '1' }, user)
    const stopped = await ask(user, 'GET', `/jobinstances/${grouped.instance}/jobexecutions/0`)
    t.same(stopped.json().jobParameters, { password: shown, day: '1' }, user)
    const log = await ask(user, 'GET', `/jobexecutions/${grouped.execution}/joblogs?type=text`)
    t.notMatch(log.body, 'hunter2', 'in logs for everybody')
    t.match(log.body, 'password=********')
  }
})

t.test('a mask that is sent back restarts with the value as it was', async t => {
  const answer = await ask('gina', 'PUT', `/jobinstances/${grouped.instance}?action=restart`, {
    jobParameters: { password: '********', day: '2' }
  })
  t.equal(answer.statusCode, 200, answer.body)
  const again = await ask('bob', 'GET', `/jobinstances/${grouped.instance}/jobexecutions/1`)
  t.same(again.json().jobParameters, { password: 'hunter2', day: '2' })
  t.equal(answer.json().submitter, 'bob', 'whoever restarts it')
  t.match((await ask('gina', 'GET', `/jobinstances/${grouped.instance}`)).json(), { submitter: 'bob' })
  await until('it has failed again', async () => {
    const now = await ask('bob', 'GET', `/jobinstances/${grouped.instance}`)
    return now.json().batchStatus === 'FAILED'
  })
})

t.test('a purge of many takes what is the caller’s, and tells of what he only sees', async t => {
  for (const user of ['mona', 'gus', 'nobody']) {
    const answer = await ask(user, 'DELETE', `/v2/jobinstances?jobInstanceId=${job.instance}`)
    t.equal(answer.statusCode, 401, user)
  }
  for (const user of ['alice', 'olga', 'nora', 'gina'])
    t.same((await ask(user, 'DELETE', `/v2/jobinstances?jobInstanceId=${job.instance}`)).json(), [], user)
  t.match((await ask('sam', 'DELETE', `/v2/jobinstances?jobInstanceId=${job.instance}`)).json(), [
    { instanceId: job.instance, purgeStatus: 'FAILED', message: /^CWWKY0302W/ }
  ])
  t.equal((await ask('bob', 'GET', `/jobinstances/${job.instance}`)).statusCode, 200, 'it is still there')
  t.match((await ask('gina', 'DELETE', `/v2/jobinstances?jobInstanceId=${grouped.instance}`)).json(), [
    { purgeStatus: 'COMPLETED' }
  ])
  t.match((await ask('bob', 'DELETE', `/v2/jobinstances?jobInstanceId=>1`)).json(), [
    { instanceId: job.instance, purgeStatus: 'COMPLETED' }
  ])
})
