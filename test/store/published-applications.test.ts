// What servers publish of themselves: who reads it finds what those that are not declared dead have, and it goes with them.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { deleteIncarnation, markDead } from '../../src/store/incarnations.ts'
import { jobXMLs, removeUnusedJobXMLs } from '../../src/store/job-xml.ts'
import {
  findPublications,
  findPublishedJobs,
  findPublishedJsl,
  liveServers,
  publishApplications,
  type PublishedApplication,
  someoneLacks
} from '../../src/store/published-applications.ts'
import { createDatabase } from '../support/database.ts'
import { server } from './repository.ts'

const { db } = await createDatabase(t)

t.afterEach(async () => {
  await rows(db, 'truncate incarnation, published_application cascade')
})

const application = (name: string, jsl: Record<string, string | null>): PublishedApplication => ({
  name,
  version: 'v1',
  artifacts: { exports: ['run'], ids: [] },
  problem: null,
  jobs: Object.entries(jsl).map(([jobXMLName, text]) => ({
    jobXMLName,
    jsl: text,
    problem: text === null ? 'it is too long' : null
  }))
})

const publish = (incarnation: string, ...applications: PublishedApplication[]) =>
  publishApplications(db, incarnation, { runs: applications.map(({ name }) => name), applications })

t.test(
  'of one name the JSL of the server that started last counts, and what cannot be read is last',
  async t => {
    const [older, newer] = [await server(db), await server(db)]
    await publish(
      older,
      application('A', { daily: '<job id="old"/>', only: '<job id="only"/>', sick: '<job/>' })
    )
    await publish(newer, application('A', { daily: '<job id="new"/>', sick: null }))
    const texts = jobXMLs(db)
    const textOf = async (jobXMLName: string) => {
      const found = await findPublishedJsl(db, { application: 'A', jobXMLName })
      return typeof found?.xmlId === 'number' ? await texts.textOf(found.xmlId) : found
    }
    t.equal(await textOf('daily'), '<job id="new"/>')
    t.equal(await textOf('only'), '<job id="only"/>')
    t.equal(await textOf('sick'), '<job/>')
    t.equal(await textOf('absent'), null)
    t.same(
      (await findPublishedJobs(db, 'A')).map(({ jobXMLName }) => jobXMLName),
      ['daily', 'only', 'sick']
    )
  }
)

t.test('what is published again stands in place of what was', async t => {
  const mine = await server(db)
  await publish(mine, application('A', { daily: '<job id="a"/>' }), application('B', {}))
  t.match(await findPublications(db), [{ name: 'A', artifacts: { exports: ['run'] } }, { name: 'B' }])
  t.match(await liveServers(db), [{ applications: ['A', 'B'], operationGroups: null, renewed: true }])
  t.ok(await publish(mine, application('B', { daily: '<job id="b"/>' })))
  t.match(await findPublications(db), [{ name: 'B', version: 'v1' }])
  t.equal(await findPublishedJsl(db, { application: 'A', jobXMLName: 'daily' }), null)
  t.notOk(await someoneLacks(db, ['B']))
  await server(db)
  t.ok(await someoneLacks(db, ['B']), 'another server has it not')
})

t.test('a lease that has lapsed changes nothing until the server is declared dead', async t => {
  const slow = await server(db, 0)
  await publish(slow, application('A', { daily: '<job id="a"/>' }))
  t.match(await liveServers(db), [{ incarnation: slow, renewed: false }])
  t.equal((await findPublications(db)).length, 1)
  await markDead(db, slow, 'expired')
  t.same(await liveServers(db), [])
  t.same(await findPublications(db), [])
  t.notOk(await publish(slow, application('A', {})), 'it publishes nothing any more')
  await deleteIncarnation(db, slow)
  t.same(await rows(db, 'select from published_application'), [])
  t.same(await rows(db, 'select from published_job'), [])
})

t.test('texts that a server publishes are kept, though no job has them', async t => {
  const mine = await server(db)
  await publish(mine, application('A', { daily: '<job id="kept"/>' }))
  await rows(db, `update job_xml set last_used = clock_timestamp() - interval '2 days'`)
  await removeUnusedJobXMLs(db)
  const found = await findPublishedJsl(db, { application: 'A', jobXMLName: 'daily' })
  t.equal(await jobXMLs(db).textOf(found!.xmlId!), '<job id="kept"/>')
})
