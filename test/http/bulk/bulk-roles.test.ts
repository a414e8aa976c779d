// R002-71 who may do what with bulk jobs: roles as everywhere, one's own as a submitter, others' as an administrator.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { caller, creation, manifestOf } from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { as, writeUsersFile } from '../../support/users.ts'

t.test('R002-71 with users', async t => {
  const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-users-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(directory) })
  const call = caller(app)
  const { json, status } = await call('POST', '/manifests', manifestOf(2), as('bob'))
  t.equal(status, 201)
  for (const [user, expected] of [
    ['bob', 200],
    ['admin', 200],
    ['alice', 404],
    ['mona', 404],
    ['nobody', 401]
  ] as const)
    t.equal((await call('GET', `/manifests/${json.manifestId}`, undefined, as(user))).status, expected, user)
  const body = (more = {}) => creation(json.manifestId, { confirmationRequired: true, ...more })
  const made = await call('POST', '/jobs', body(), as('bob'))
  t.equal(made.status, 201)
  const { jobId } = made.json

  for (const user of ['mona', 'gina', 'nobody'])
    t.match(
      (await call('POST', '/jobs', body(), as(user))).json,
      { status: 401, code: 'SubmitNotAuthorized', detail: /CWWKY0304W/ },
      user
    )
  t.match((await call('POST', '/manifests', manifestOf(2), as('mona'))).json, {
    status: 401,
    detail: /CWWKY0304W/
  })
  t.match((await call('POST', '/jobs', body(), as('alice'))).json, {
    status: 400,
    errors: [{ path: 'manifest.location.manifestId' }]
  })
  t.equal((await call('POST', '/jobs', body())).status, 401)

  for (const [user, expected] of [
    ['bob', 200],
    ['admin', 200],
    ['mona', 200],
    ['sam', 200],
    ['alice', 401],
    ['gina', 401],
    ['nobody', 401]
  ] as const)
    for (const url of ['', '/tasks', '/events'])
      t.equal(
        (await call('GET', `/jobs/${jobId}${url}`, undefined, as(user))).status,
        expected,
        `${user} ${url}`
      )

  const seen = async (user: string) => {
    const answer = await call('GET', '/jobs', undefined, as(user))
    return answer.status === 200 ? answer.json.jobs.length : answer.status
  }
  t.same(
    [
      await seen('bob'),
      await seen('admin'),
      await seen('mona'),
      await seen('alice'),
      await seen('gina'),
      await seen('nobody')
    ],
    [1, 1, 1, 0, 0, 401]
  )

  for (const user of ['alice', 'mona', 'sam', 'nobody'])
    for (const url of [
      '/priority?priority=1',
      '/status?requestedJobStatus=Cancelled',
      '/clone',
      '/rerun-failed'
    ])
      t.match(
        (await call('POST', `/jobs/${jobId}${url}`, undefined, as(user))).json,
        { status: 401, detail: /CWWKY030[34]W/ },
        `${user} ${url}`
      )
  t.equal((await call('POST', `/jobs/${jobId}/priority?priority=1`, undefined, as('bob'))).status, 200)
  t.equal(
    (await call('POST', `/jobs/${jobId}/status?requestedJobStatus=Cancelled`, undefined, as('admin'))).status,
    200
  )
})
