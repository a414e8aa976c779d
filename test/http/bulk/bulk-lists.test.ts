// Bulk jobs as they are shown: the list and its pages, the ledger, one job with its secrets masked and its ETag.
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { caller, create, creation, failEvery, manifestOf, upload, when } from '../../bulk/bulk-client.ts'

t.test('on a server without users', async t => {
  const app = await buildApp(t)
  const call = caller(app)
  const manifestId = await upload(call, manifestOf(3))
  const suspended = { confirmationRequired: true }

  t.test(
    'R002-1 R002-2 R002-6 R002-64 the list: filters, order, pages that neither double nor lose a job',
    async t => {
      const ids: string[] = []
      for (const [index, priority] of [5, 7, 5, 6, 7].entries())
        ids.push(
          await create(
            call,
            creation(manifestId, { ...suspended, priority, description: `list ${index} 100%` })
          )
        )
      for (const jobId of ids) await when(call, jobId, 'Suspended')
      const list = async (query: string) => (await call('GET', `/jobs?${query}`)).json
      const whole = await list('description=list*100%25&jobStatuses=Suspended,Active')
      const ordered = [ids[1], ids[4], ids[3], ids[0], ids[2]]
      t.same(
        whole.jobs.map((job: { jobId: string }) => job.jobId),
        ordered
      )
      t.same(Object.keys(whole.jobs[0]), [
        'jobId',
        'creationTime',
        'description',
        'operation',
        'priority',
        'progressSummary',
        'status',
        'terminationDate'
      ])
      t.match(whole, {
        nextToken: null,
        jobs: [{ operation: 'failEvery', progressSummary: { totalNumberOfTasks: 3 }, status: 'Suspended' }]
      })
      const paged: string[] = []
      for (let token: string | null = ''; token !== null;) {
        const more: string = token === '' ? '' : `&nextToken=${token}`
        const page = await list(`description=LIST&maxResults=2${more}`)
        paged.push(...page.jobs.map((job: { jobId: string }) => job.jobId))
        token = page.nextToken
        // One more in front of the page: none behind it moves.
        await create(call, creation(manifestId, { ...suspended, priority: 100, description: 'another list' }))
      }
      t.same(
        paged.filter(id => ids.includes(id)),
        ordered
      )
      t.same((await list(`jobId=${ids[2]}`)).jobs.length, 1)
      t.same((await list(`jobId=${ids[2]!.slice(0, 8)}*`)).jobs.length, 1)
      t.same((await list('description=list%25')).jobs.length, 0)
      t.same((await list('jobStatuses=Failed')).jobs.length, 0)
      t.same(
        (await list('jobStatuses=Suspended&jobStatuses=Failed&createdWithinDays=0&description=list+1')).jobs
          .length,
        1
      )
      const many = Array.from({ length: 51 }, () =>
        create(call, creation(manifestId, { ...suspended, description: 'one of many' }))
      )
      await Promise.all(many)
      const first = await list('description=one of many'.replaceAll(' ', '+'))
      t.equal(first.jobs.length, 50, '50 unless told otherwise')
      t.not(first.nextToken, null)
      for (const query of [
        'jobStatuses=Runing',
        'jobStatuses=',
        'maxResults=0',
        'maxResults=1001',
        'maxResults=x',
        'createdWithinDays=-1',
        'nextToken=x',
        `nextToken=${Buffer.from('["tasks x ","1"]').toString('base64url')}`,
        'status=Active'
      ])
        t.equal((await call('GET', `/jobs?${query}`)).status, 400, query)
    }
  )

  t.test('R002-1 what was created longer than 90 days ago is shown when it is asked for', async t => {
    const jobId = await create(call, creation(manifestId, suspended))
    await app.database.db.raw(
      `update bulk_job set create_time = now() - interval '91 days' where job_id = ?`,
      [jobId]
    )
    const count = async (more: string) =>
      (await call('GET', `/jobs?jobId=${jobId}${more}`)).json.jobs.length as number
    t.same(
      [await count(''), await count('&createdWithinDays=92'), await count('&createdWithinDays=0')],
      [0, 1, 1]
    )
  })

  t.test('R002-33 the ledger is read in pages, all of it or what failed', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, manifestOf(25)), { operation: failEvery({ n: '5' }) })
    )
    await when(call, jobId, 'Complete')
    const pages = async (query: string) => {
      const found: number[] = []
      for (let token: string | null = ''; token !== null;) {
        const page: { items: { row: number }[]; nextToken: string | null } = (
          await call('GET', `/jobs/${jobId}/tasks?${query}${token === '' ? '' : `&token=${token}`}`)
        ).json
        found.push(...page.items.map(({ row }) => row))
        token = page.nextToken
      }
      return found
    }
    t.same(
      await pages('limit=7'),
      Array.from({ length: 25 }, (_, index) => index + 1)
    )
    t.same(await pages('limit=2&status=Failed'), [5, 10, 15, 20, 25])
    t.same((await pages('status=Succeeded')).length, 20)
    const { nextToken } = (await call('GET', `/jobs/${jobId}/tasks?limit=2`)).json
    t.equal(
      (await call('GET', `/jobs/${jobId}/tasks?status=Failed&token=${nextToken}`)).status,
      400,
      'a token of another list'
    )
  })

  t.test(
    'a secret among the properties is shown nowhere, and a clone that gives the mask back keeps it',
    async t => {
      const operation = failEvery({ apiKey: 'hidden!', n: '3' })
      const jobId = await create(call, creation(manifestId, { operation, report: { enabled: true } }))
      const job = await when(call, jobId, 'Complete')
      t.match(job.operation.artifact.properties, { apiKey: '********', n: '3' })
      const report = await call('GET', `/jobs/${jobId}/report`)
      const log = await app.http.inject({
        url: `/ibm/api/batch/jobinstances/${job.instanceId}/joblogs?type=text`
      })
      const { rows } = (await app.database.db.raw('select audit::text as detail from audit')) as {
        rows: { detail: string }[]
      }
      for (const text of [report.text, log.payload, ...rows.map(({ detail }) => detail)])
        t.notMatch(text, /hidden!/)
      const clone = (await call('POST', `/jobs/${jobId}/clone`, { overrides: { operation: job.operation } }))
        .json
      const { rows: stored } = (await app.database.db.raw(
        `select request #>> '{operation,artifact,properties,apiKey}' as key from bulk_job where job_id = ?`,
        [clone.jobId]
      )) as { rows: { key: string }[] }
      t.same(stored, [{ key: 'hidden!' }])
      const { artifact } = job.operation
      const other = { artifact: { ...artifact, ref: 'headObject' } }
      const elsewhere = (await call('POST', `/jobs/${jobId}/clone`, { overrides: { operation: other } })).json
      const { rows: masks } = (await app.database.db.raw(
        `select request #>> '{operation,artifact,properties,apiKey}' as key from bulk_job where job_id = ?`,
        [elsewhere.jobId]
      )) as { rows: { key: string }[] }
      t.same(masks, [{ key: '********' }], 'another artifact could tell it')
    }
  )

  t.test(
    'a parameter that its definition declares secret is kept by a clone that gives the mask back',
    async t => {
      const definition = {
        name: 'with-pin',
        application: 'SimpleBatchJob',
        jobXMLName: 'test_noop',
        parameters: { pin: { secret: true } }
      }
      t.equal((await call('POST', '/definitions', definition)).status, 201)
      const parameters = { pin: 'hidden!', shipping: 'plain' }
      const operation = { definition: { name: 'with-pin', version: 1, parameters } }
      const body = creation(manifestId, { operation, ...suspended })
      const jobId = await create(call, body)
      const { operation: shown } = await when(call, jobId, 'Suspended')
      t.same(shown.definition.parameters, { pin: '********', shipping: 'plain' })
      const clone = (await call('POST', `/jobs/${jobId}/clone`, { overrides: { operation: shown } })).json
      const { rows: stored } = (await app.database.db.raw(
        `select request #>> '{operation,definition,parameters,pin}' as pin from bulk_job where job_id = ?`,
        [clone.jobId]
      )) as { rows: { pin: string }[] }
      t.same(stored, [{ pin: 'hidden!' }])
      t.match(await when(call, clone.jobId, 'Suspended'), { operation: shown })

      t.match((await call('DELETE', '/definitions/with-pin')).json, {
        status: 409,
        detail: `Job definition with-pin cannot be deleted: bulk job ${jobId} has not ended.`
      })
      for (const each of [jobId, clone.jobId]) {
        await call('POST', `/jobs/${each}/status?requestedJobStatus=Cancelled`)
        await when(call, each, 'Cancelled')
      }
      t.equal((await call('DELETE', '/definitions/with-pin')).status, 204)
      t.match(
        [(await call('POST', '/jobs', body)).json],
        [{ jobId }],
        'the same token, after what it needed has gone'
      )
    }
  )

  t.test('a job has an ETag of its state', async t => {
    const jobId = await create(call, creation(manifestId, suspended))
    await when(call, jobId, 'Suspended')
    const etag = async () => (await call('GET', `/jobs/${jobId}`)).headers['etag']
    const before = await etag()
    t.equal(await etag(), before)
    await call('POST', `/jobs/${jobId}/priority?priority=3`)
    t.not(await etag(), before)
  })
})
