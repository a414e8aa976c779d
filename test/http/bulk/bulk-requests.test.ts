// The routes of bulk jobs: what is accepted, what is refused and how, lists, tokens, and who may what.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { caller, create, creation, failEvery, manifestOf, upload } from '../../bulk/bulk-client.ts'

t.test('on a server without users', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const manifestId = await upload(call, manifestOf(3))
  const suspended = { confirmationRequired: true }

  t.test(
    'R002-60 the same token with the same body is the same job, with another body it is refused',
    async t => {
      const body = creation(manifestId, { ...suspended, clientRequestToken: 'the same' })
      const first = await call('POST', '/jobs', body)
      t.equal(first.status, 201)
      t.equal(first.headers['location'], `/api/v1/jobs/${first.json.jobId}`)
      const reordered = Object.fromEntries(Object.entries({ ...body, description: '' }).toReversed())
      const second = await call('POST', '/jobs', reordered)
      t.same([second.status, second.json], [200, first.json])
      t.match((await call('POST', '/jobs', { ...body, priority: 11 })).json, {
        status: 409,
        code: 'ClientRequestTokenReused'
      })
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => call('POST', '/jobs', { ...body, clientRequestToken: 'at once' }))
      )
      t.equal(answers.filter(({ status }) => status === 201).length, 1)
      t.equal(new Set(answers.map(({ json }) => json.jobId)).size, 1)
    }
  )

  for (const [what, wrong, path] of [
    ['no token', { clientRequestToken: undefined }, 'clientRequestToken'],
    ['an empty token', { clientRequestToken: '' }, 'clientRequestToken'],
    ['a token of 65 characters', { clientRequestToken: 'x'.repeat(65) }, 'clientRequestToken'],
    ['no priority', { priority: undefined }, 'priority'],
    ['a negative priority', { priority: -1 }, 'priority'],
    ['a priority of 2^31', { priority: 2_147_483_648 }, 'priority'],
    ['a priority that is no integer', { priority: 1.5 }, 'priority'],
    ['a priority in quotes', { priority: '10' }, 'priority'],
    ['a description of 257 characters', { description: 'x'.repeat(257) }, 'description'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a scope that does not exist', { report: { enabled: true, scope: 'Some' } }, 'report.scope'],
    ['a format that does not exist', { report: { enabled: true, format: 'PDF' } }, 'report.format'],
    ['a threshold above 100', { failureThreshold: { percent: 101 } }, 'failureThreshold.percent'],
    ['no operation', { operation: undefined }, 'operation'],
    ['an operation of nothing', { operation: {} }, /operation/],
    ['two operations', { operation: { ...failEvery({}), definition: { name: 'x' } } }, /operation/],
    [
      'a property that is no string',
      { operation: { artifact: { application: 'Bulk', ref: 'failEvery', properties: { n: 3 } } } },
      /operation/
    ],
    [
      'a path as application',
      { operation: { artifact: { application: '../x', ref: 'failEvery' } } },
      /operation/
    ],
    ['no manifest', { manifest: undefined }, 'manifest'],
    ['fields without a key', manifest({ fields: ['Bucket', 'Ignore'] }), 'manifest.spec.fields'],
    ['fields with two keys', manifest({ fields: ['Bucket', 'Key', 'Key'] }), 'manifest.spec.fields'],
    [
      'a field that is misspelt',
      manifest({ fields: ['Bucket', 'Key', 'versionID'] }),
      'manifest.spec.fields'
    ],
    ['another format', manifest({ format: 'XML' }), 'manifest.spec.format'],
    ['an unknown manifest', location({ manifestId: 'nobody knows' }), 'manifest.location.manifestId'],
    ['two locations', location({ manifestId, path: '/x' }), /manifest\.location/],
    ['a file outside of the allow-list', location({ path: '/etc/hostname' }), 'manifest.location.path'],
    ['a relative path', location({ path: 'x.csv' }), 'manifest.location.path'],
    ['a URL outside of the allow-list', location({ url: 'http://127.0.0.1:1/x' }), 'manifest.location.url'],
    ['a URL of another kind', location({ url: 'file:///etc/hostname' }), 'manifest.location.url']
  ] as const)
    t.test(`R002-62 ${what} is 400, naming the field`, async t => {
      const answer = await call('POST', '/jobs', creation(manifestId, wrong))
      t.equal(answer.status, 400, answer.text)
      t.ok(answer.json.errors?.length > 0, answer.text)
      t.match(answer.json.errors[0].path, path)
    })

  t.test(
    'R002-62 every problem is told at once; an unknown application and text that cannot be stored are 400',
    async t => {
      const many = await call(
        'POST',
        '/jobs',
        creation(manifestId, { priority: -1, description: 7, more: 1 })
      )
      t.same(many.json.errors.map(({ path }: { path: string }) => path).toSorted(), [
        'description',
        'more',
        'priority'
      ])
      const operation = { artifact: { application: 'NoSuchThing', ref: 'x' } }
      t.match((await call('POST', '/jobs', creation(manifestId, { operation }))).json, {
        status: 400,
        code: 'ApplicationUnknown'
      })
      t.match((await call('POST', '/jobs', creation(manifestId, { description: 'a\u0000b' }))).json, {
        status: 400,
        code: 'TextInvalid'
      })
    }
  )

  t.test('R002-63 R002-65 R002-66 unknown jobs are 404, wrong values and unknown parameters 400', async t => {
    const jobId = await create(call, creation(manifestId, suspended))
    for (const url of ['', '/tasks', '/events', '/report', '/report/x.csv'])
      t.match((await call('GET', `/jobs/unknown${url}`)).json, { status: 404, code: 'NoSuchBulkJob' }, url)
    for (const url of [
      '/priority?priority=1',
      '/status?requestedJobStatus=Cancelled',
      '/clone',
      '/rerun-failed'
    ])
      t.match((await call('POST', `/jobs/unknown${url}`)).json, { status: 404, code: 'NoSuchBulkJob' }, url)
    for (const url of [
      '/priority',
      '/priority?priority=-1',
      '/priority?priority=x',
      '/priority?priority=2147483648',
      '/priority?priority=1&more=1',
      '/status',
      '/status?requestedJobStatus=Active',
      '/status?requestedJobStatus=Ready&reason=x',
      `/status?requestedJobStatus=Cancelled&statusUpdateReason=${'x'.repeat(257)}`
    ])
      t.equal((await call('POST', `/jobs/${jobId}${url}`)).status, 400, url)
    for (const url of [
      '/tasks?status=Succeded',
      '/tasks?limit=0',
      '/tasks?limit=1001',
      '/tasks?token=x',
      '/tasks?more=1',
      '/events?token=WyJ4IiwiMSJd'
    ])
      t.equal((await call('GET', `/jobs/${jobId}${url}`)).status, 400, url)
    t.equal((await call('POST', `/jobs/${jobId}/clone`, { priority: 3 })).status, 400)
    t.equal((await call('POST', `/jobs/${jobId}/clone`, { overrides: { priority: -3 } })).status, 400)
    t.match((await call('POST', `/jobs/${jobId}/rerun-failed`)).json, { status: 409 })
  })

  function manifest(spec: object) {
    const whole = creation(manifestId).manifest
    return { manifest: { ...whole, spec: { ...whole.spec, ...spec } } }
  }
  function location(where: object) {
    return { manifest: { ...creation(manifestId).manifest, location: where } }
  }
})
