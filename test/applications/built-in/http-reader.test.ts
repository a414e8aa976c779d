// httpReader against a real web server: every way to the next page, restarts in the middle of one, and pages that lead astray.
import t from 'tap'
import type { ItemReader } from '../../../src/batch/artifacts.ts'
import { builtIn, type BuiltInOf } from './built-in.ts'
import { type Answer, json, type WebServer, webServer } from './web-server.ts'

type Reader = Required<ItemReader>
const readerOf = (of: BuiltInOf) => builtIn<Reader>('httpReader', of)

async function rest(reader: Reader): Promise<unknown[]> {
  const items: unknown[] = []
  for (let item = await reader.readItem(); item !== null; item = await reader.readItem()) items.push(item)
  return items
}

async function all(of: BuiltInOf, checkpoint: unknown = null): Promise<unknown[]> {
  const reader = readerOf(of)
  await reader.open(checkpoint)
  try {
    return await rest(reader)
  } finally {
    await reader.close()
  }
}

const ITEMS = Array.from({ length: 10 }, (_, id) => ({ id }))
const query = (path: string, name: string) => new URL(path, 'http://x').searchParams.get(name)

/** Pages of three, each way at a path of its own. */
const paged: Answer = ({ path }, response) => {
  const url = new URL(path, 'http://x')
  const from = Number(query(path, 'from') ?? 0)
  const items = ITEMS.slice(from, from + 3)
  const more = from + 3 < ITEMS.length
  const next = `${url.pathname}?from=${from + 3}`
  switch (url.pathname) {
    case '/whole':
      return json(response, ITEMS)
    case '/link':
      return json(response, items, {
        link: `</first,;>; rel="first"; title="a, b", <${next}>; ${more ? 'rel="last next"' : 'rel=prev'}`
      })
    case '/pointer':
      return json(response, { data: items, links: more ? { next } : {} })
    case '/page': {
      const page = Number(query(path, 'p'))
      return json(response, { data: ITEMS.slice((page - 1) * 4, page * 4), size: query(path, 'n') })
    }
    default: {
      const at = Number(query(path, 'after') ?? 0)
      return json(response, { data: ITEMS.slice(at, at + 3), cursor: at + 3 < ITEMS.length ? at + 3 : null })
    }
  }
}

const WAYS = {
  link: { next: 'link' },
  pointer: { items: '/data', next: '/links/next' },
  page: { items: '/data', pageParameter: 'p', sizeParameter: 'n', size: '4' },
  cursor: { items: '/data', cursorParameter: 'after', cursor: '/cursor' }
}

for (const [way, properties] of Object.entries(WAYS)) {
  t.test(`pages by ${way} are read to the last, and a restart goes on after any item`, async t => {
    const server = await webServer(t, paged)
    const of = { properties: { url: `${server.origin}/${way}?keep=1`, ...properties } }
    t.same(await all(of), ITEMS)
    for (let count = 0; count <= ITEMS.length; count++) {
      const reader = readerOf(of)
      await reader.open(null)
      for (let item = 0; item < count; item++) await reader.readItem()
      const checkpoint = structuredClone(await reader.checkpointInfo())
      await reader.close()
      t.same(await all(of, checkpoint), ITEMS.slice(count), `after ${count}`)
    }
  })
}

t.test('an answer without pages is its items', async t => {
  const server = await webServer(t, paged)
  t.same(await all({ properties: { url: `${server.origin}/whole` } }), ITEMS)
  t.equal(server.asked.length, 1)
})

t.test('a restart asks for the page of its checkpoint first', async t => {
  const server = await webServer(t, paged)
  const of = { properties: { url: `${server.origin}/link`, ...WAYS.link } }
  const reader = readerOf(of)
  await reader.open(null)
  for (let item = 0; item < 7; item++) await reader.readItem()
  const checkpoint = await reader.checkpointInfo()
  await reader.close()
  t.same(checkpoint, { page: `${server.origin}/link?from=6`, index: 1 })
  server.asked.length = 0
  await all(of, checkpoint)
  t.same(
    server.asked.map(({ path }) => path),
    ['/link?from=6', '/link?from=9']
  )
})

t.test('a page that fails is asked for again, and what no retry helps fails the read', async t => {
  let failures = 2
  const server = await webServer(t, (asked, response) => {
    if (asked.path.includes('from=3') && failures-- > 0) response.writeHead(502).end()
    else paged(asked, response)
  })
  const properties = { url: `${server.origin}/link`, ...WAYS.link, retryDelayMillis: '1' }
  t.same(await all({ properties }), ITEMS)
  failures = 9
  await t.rejects(all({ properties: { ...properties, retries: '1' } }), /GET .*from=3|GET .* answered 502/)
})

t.test('the URL of each page must be allowed, that of a checkpoint too', async t => {
  const other = await webServer(t, paged)
  const lead =
    (to: string): Answer =>
    (_, response) =>
      json(response, { data: [1], next: to })
  const server: WebServer = await webServer(t, (asked, response) =>
    asked.path === '/api/a'
      ? lead('/api/b')(asked, response)
      : asked.path === '/api/b'
        ? lead(`${other.origin}/page`)(asked, response)
        : lead('/admin')(asked, response)
  )
  const settings = { inlineURLs: [`${server.origin}/api`] }
  const properties = { items: '/data', next: '/next', headers: '{"Authorization":"hush"}' }
  const at = (path: string, inline: boolean) => ({
    settings,
    inline,
    properties: { ...properties, url: `${server.origin}${path}` }
  })
  const reader = readerOf(at('/api/a', true))
  await reader.open(null)
  t.equal(await reader.readItem(), 1)
  t.equal(await reader.readItem(), 1)
  await t.rejects(async () => await reader.readItem(), /BATCH_INLINE_URLS/)
  await reader.close()
  await t.rejects(all(at('/api/c', true)), /admin.*BATCH_INLINE_URLS/)
  t.notOk(server.asked.some(({ path }) => path === '/admin'))
  await t.rejects(all(at('/api/a', true), { page: `${other.origin}/page`, index: 0 }), /BATCH_INLINE_URLS/)
  t.same(other.asked, [])
  t.same(await all(at('/api/a', false)), [1, 1])
  t.equal(other.asked[0]!.headers.authorization, undefined, 'credentials stay where they were given for')
})

t.test('answers that are no pages fail with what was wrong', async t => {
  const answers: Record<string, unknown> = {
    '/object': {},
    '/null': [1, null, 2],
    '/self': { next: '/self', items: [] },
    '/number': { next: 5, items: [] }
  }
  const server = await webServer(t, ({ path }, response) => {
    if (path === '/text') response.end('<html>')
    else if (path === '/long') response.end(JSON.stringify(['x'.repeat(2000)]))
    else if (path === '/gone') response.writeHead(410).end()
    else json(response, answers[path])
  })
  const at = (path: string, more = {}) => all({ properties: { url: `${server.origin}${path}`, ...more } })
  await t.rejects(at('/object'), /no array of items at "" of its answer/)
  await t.rejects(at('/text'), /no JSON/)
  await t.rejects(at('/gone'), /answered 410/)
  await t.rejects(at('/long', { maxPageBytes: '1000' }), /longer than 1000 bytes/)
  await t.rejects(at('/self', { items: '/items', next: '/next' }), /is that page again/)
  await t.rejects(at('/number', { items: '/items', next: '/next' }), /next page at \/next is no URL/)
  const reader = readerOf({ properties: { url: `${server.origin}/null` } })
  await reader.open(null)
  await reader.readItem()
  await t.rejects(async () => await reader.readItem(), /Item 2 .* is null/)
  t.equal(await reader.readItem(), 2, 'a skip goes on behind it')
  await reader.close()
})

t.test('properties that contradict each other are refused', async t => {
  for (const properties of [
    { next: 'link', pageParameter: 'p' },
    { cursorParameter: 'c' },
    { size: '3' },
    { firstPage: '0' },
    { next: 'links/next' },
    { items: 'data' },
    { itmes: '/data' }
  ])
    t.throws(
      () => readerOf({ properties: { url: 'http://127.0.0.1/', ...properties } as Record<string, string> }),
      JSON.stringify(properties)
    )
})
