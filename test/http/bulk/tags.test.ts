// Tags of bulk jobs: given at the creation, looked at, replaced and taken away, by whoever may change the bulk job.
import t from 'tap'
import { caller, creation, manifestOf, when } from '../../bulk/bulk-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { as, writeUsersFile } from '../../support/users.ts'

const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(t.testdir()) })
const call = caller(app)
const bob = as('bob')
const manifestId = await (async () => {
  const { json } = await call('POST', '/manifests', manifestOf(2), bob)
  return json.manifestId as string
})()
const created = async (more: object) => {
  const { status, json, text } = await call('POST', '/jobs', creation(manifestId, { ...more }), bob)
  if (status !== 201) throw new Error(text)
  return json.jobId as string
}

t.test('R002-67 tags come with the creation, and are replaced as a whole or taken away', async t => {
  const tags = [
    { key: 'team', value: 'billing' },
    { key: '비용', value: '' }
  ]
  const jobId = await created({ tags, confirmationRequired: true })
  t.match((await call('GET', `/jobs/${jobId}`, undefined, bob)).json, { tags })
  t.same((await call('GET', `/jobs/${jobId}/tagging`, undefined, bob)).json, { tags })

  const other = {
    tags: [
      { key: 'b', value: '2' },
      { key: 'a', value: '1' }
    ]
  }
  const put = await call('PUT', `/jobs/${jobId}/tagging`, other, bob)
  t.same([put.status, put.json], [200, { tags: other.tags.toReversed() }])
  t.same((await call('GET', `/jobs/${jobId}`, undefined, bob)).json.tags, other.tags.toReversed())
  const clone = await call('POST', `/jobs/${jobId}/clone`, {}, bob)
  t.same((await call('GET', `/jobs/${clone.json.jobId}/tagging`, undefined, bob)).json, put.json)

  const gone = await call('DELETE', `/jobs/${jobId}/tagging`, undefined, bob)
  t.same([gone.status, gone.text], [204, ''])
  t.same((await call('GET', `/jobs/${jobId}/tagging`, undefined, bob)).json, { tags: [] })
  t.same((await call('DELETE', `/jobs/${jobId}/tagging`, undefined, bob)).status, 204, 'again')

  const audit = await call('GET', `/audit?target=job:${jobId}&what=job.tag`, undefined, as('admin'))
  t.match(audit.json.items, [
    { who: 'bob', before: put.json, after: { tags: [] } },
    { who: 'bob', before: { tags }, after: put.json }
  ])
  t.equal(audit.json.items.length, 2, 'what changed nothing is not told')
})

t.test('R002-67 an ended one has tags too; the same token asks for the same tags', async t => {
  const body = creation(manifestId, { tags: [{ key: 'a', value: '1' }] })
  const { json } = await call('POST', '/jobs', body, bob)
  const asBob: typeof call = (method, url, given, headers) => call(method, url, given, { ...bob, ...headers })
  await when(asBob, json.jobId, 'Complete')
  t.equal(
    (await call('PUT', `/jobs/${json.jobId}/tagging`, { tags: [{ key: 'x', value: '' }] }, bob)).status,
    200
  )
  t.match(await call('POST', '/jobs', body, bob), { status: 200, json })
  t.equal((await call('POST', '/jobs', { ...body, tags: [] }, bob)).status, 409)
})

t.test('what is no tag is refused, and so is who may not change the bulk job', async t => {
  const jobId = await created({ confirmationRequired: true })
  const url = `/jobs/${jobId}/tagging`
  const tag = { key: 'a', value: '1' }
  for (const [tags, path] of [
    [[tag, tag], 'tags[1].key'],
    [[{ key: '', value: '' }], 'tags[0].key'],
    [[{ key: 'x'.repeat(129), value: '' }], 'tags[0].key'],
    [[{ key: 'x', value: 'x'.repeat(257) }], 'tags[0].value'],
    [[{ key: 'x' }], 'tags[0].value'],
    [[{ Key: 'x', Value: '1' }], 'tags[0]'],
    [Array.from({ length: 51 }, (_, n) => ({ key: `${n}`, value: '' })), 'tags']
  ] as const) {
    for (const answer of [
      await call('PUT', url, { tags }, bob),
      await call('POST', '/jobs', creation(manifestId, { tags }), bob)
    ]) {
      t.equal(answer.status, 400, JSON.stringify(tags).slice(0, 60))
      t.ok(
        answer.json.errors.some((error: { path: string }) => error.path.startsWith(path)),
        answer.text
      )
    }
  }
  t.equal((await call('PUT', url, { tags: [{ key: 'a\u0000', value: '' }] }, bob)).status, 400)
  t.equal((await call('PUT', '/jobs/none/tagging', { tags: [] }, bob)).status, 404)
  t.equal((await call('GET', url, undefined, as('mona'))).status, 200)
  for (const user of ['alice', 'mona', 'nobody'])
    t.equal((await call('PUT', url, { tags: [tag] }, as(user))).status, 401, user)
  t.equal((await call('PUT', url, { tags: [tag] }, as('admin'))).status, 200)
})
