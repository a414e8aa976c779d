// Which parameters a version of the API reads, and what it says of those that it overlooks.
import t from 'tap'
import { dayStarts } from '../../../src/http/liberty/day-start.ts'
import type { Query } from '../../../src/http/liberty/query.ts'
import { searchOf } from '../../../src/http/liberty/search.ts'
import { unrecognizedFields } from '../../../src/http/liberty/search-parameters.ts'
import { LIBERTY_VERSIONS, type LibertyVersion } from '../../../src/http/liberty/version.ts'
import { ALL_INSTANCES, type InstanceSearch } from '../../../src/operator/search.ts'

const search = (query: Query, version: LibertyVersion): InstanceSearch =>
  searchOf(query, version, { days: dayStarts('UTC'), now: 0 })

t.test('page and pageSize are read in every version, and `pagesize` as the document spells it', async t => {
  for (const version of LIBERTY_VERSIONS) {
    t.same(search({}, version).paging, { page: 0, pageSize: 50 })
    t.same(search({ page: '13', pagesize: '20' }, version).paging, { page: 13, pageSize: 20 })
    t.same(search({ pageSize: ['7', '8'], pagesize: '20', PAGE: '9' }, version).paging, {
      page: 0,
      pageSize: 7
    })
    t.same(search({ page: '2147483647', pageSize: '10000' }, version).paging, {
      page: 2147483647,
      pageSize: 10000
    })
    t.throws(() => search({ pageSize: '10001' }, version))
  }
})

/** By version, as they stand in the document; what is not read is not even looked at. */
const SINCE: Readonly<Record<string, number>> = {
  jobInstanceId: 2,
  createTime: 2,
  instanceState: 2,
  exitStatus: 2,
  lastUpdatedTime: 3,
  'jobParameter.': 3,
  submitter: 4,
  appName: 4,
  jobName: 4
}

t.test('a version does not read the parameters of a later one, nor refuse their values', async t => {
  for (const [at, version] of LIBERTY_VERSIONS.entries())
    for (const [name, since] of Object.entries(SINCE)) {
      // Refused wherever it is read.
      const read = () => search({ [name]: '' }, version)
      if (Math.max(at, 1) < since) t.same(read().selection, ALL_INSTANCES, `${name} in ${version}`)
      else t.throws(read, { code: 'ParameterInvalid' }, `${name} in ${version}`)
    }
  t.same(search({ ignoreCase: 'true', sort: 'submitter' }, 'v3').selection, ALL_INSTANCES)
  t.same(search({ sort: 'submitter' }, 'v2').sort, [])
})

const UNRECOGNIZED: readonly [query: Query, v3: string | null, v4: string | null][] = [
  [{}, null, null],
  [{ foo: '1', bar: '2', pageSize: '1' }, 'bar,foo', 'bar,foo'],
  [
    {
      'foo.bar': '1',
      jobParameterX: '1',
      purgeJobStoreOnly: 'true',
      purgeJobStoreOnlyX: '1',
      permitRedirect: 'true'
    },
    null,
    null
  ],
  [{ submitter: 'alice', appName: 'x' }, 'appName,submitter', null],
  [{ jobName: 'a', ignoreCase: 'true' }, 'ignoreCase,jobName', null],
  [{ pagesize: '5', PAGE: '2', pageSize: '1' }, 'PAGE,pagesize', 'PAGE,pagesize'],
  [{ pagesize: '5', jobinstanceId: '3' }, null, null],
  [{ sort: 'jobName' }, 'sort=jobName', 'sort=jobName'],
  [{ sort: '-bogus,createTime', foo: '' }, 'foo,sort=-bogus', 'foo,sort=-bogus'],
  [{ sort: 'createTime, submitter' }, 'sort= submitter', 'sort= submitter'],
  [{ sort: '' }, 'sort=', 'sort='],
  [{ 'a\r\nSet-Cookie: x': '1', 정: '1' }, 'a%0D%0ASet-Cookie: x,%EC%A0%95', 'a%0D%0ASet-Cookie: x,%EC%A0%95']
]

t.test('v3 and v4 name what they overlook, as the product does, and never break the header', async t => {
  for (const [query, v3, v4] of UNRECOGNIZED) {
    const said = JSON.stringify(query)
    for (const version of ['', 'v1', 'v2'] as const) t.equal(unrecognizedFields(query, version), null, said)
    t.equal(unrecognizedFields(query, 'v3'), v3, said)
    t.equal(unrecognizedFields(query, 'v4'), v4, said)
  }
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`name${at}`, '']))
  t.ok(unrecognizedFields(many, 'v4')!.length < 8000)
})
