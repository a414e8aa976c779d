// Without this a zip could lose its folders, hang when a part is purged, or leave files open when the client goes away.
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { logEntries } from '../../src/joblog/job-log-reader.ts'
import { listParts } from '../../src/joblog/list-parts.ts'
import { streamZip } from '../../src/joblog/stream-zip.ts'

const hasUnzip = spawnSync('unzip', ['-v']).status === 0
const needsUnzip = { skip: hasUnzip ? false : 'there is no unzip here' }

const EXECUTION = 'job/2026-11-24/instance.148/execution.161'

function logWith(t: { testdir: () => string }, files: Record<string, string | Uint8Array>): string {
  const root = t.testdir()
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, EXECUTION, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
  }
  return root
}

async function entriesOf(root: string) {
  return logEntries(EXECUTION, await listParts(root, EXECUTION), 'execution')
}

/** Names and contents, as another program reads them. */
function unzipped(zip: Uint8Array, folder: string): Map<string, string> {
  const file = path.join(folder, 'log.zip')
  fs.writeFileSync(file, zip)
  execFileSync('unzip', ['-q', file, '-d', path.join(folder, 'out')])
  const names = fs.readdirSync(path.join(folder, 'out'), { recursive: true, encoding: 'utf8' })
  const files = names.filter(name => name.endsWith('.log')).toSorted()
  return new Map(files.map(name => [name, fs.readFileSync(path.join(folder, 'out', name), 'utf8')]))
}

function openBelow(root: string): number {
  return fs.readdirSync('/proc/self/fd').filter(fd => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`, 'utf8').startsWith(root)
    } catch {
      // The handle of this listing itself.
      return false
    }
  }).length
}

t.test('a zip holds every part under its path', needsUnzip, async t => {
  const files = {
    'part.1.log': 'one\n',
    'part.2.log': '',
    'step.한글%20s/partition.0/part.1.log': '둘\n',
    'split.s/flow.f/part.1.log': 'three\n'
  }
  const root = logWith(t, files)
  const found = unzipped(await buffer(streamZip(root, await entriesOf(root))), root)
  const expected = Object.entries(files).map(([name, content]) => [`execution.161/${name}`, content])
  t.same(Object.fromEntries(found), Object.fromEntries(expected))
})

t.test('no parts make an empty zip', async t => {
  const zip = await buffer(streamZip(t.testdir(), []))
  t.equal(zip.length, 22)
  t.equal(zip.readUInt32LE(0), 0x06054b50)
})

t.test('200 MB are zipped with a few MB of memory', async t => {
  const root = logWith(t, { 'part.1.log': 'x', 'part.2.log': 'x' })
  for (const part of ['part.1.log', 'part.2.log'])
    fs.truncateSync(path.join(root, EXECUTION, part), 100 * 1024 * 1024)
  const before = process.memoryUsage.rss()
  let most = 0
  let bytes = 0
  for await (const chunk of streamZip(root, await entriesOf(root))) {
    bytes += (chunk as Uint8Array).length
    most = Math.max(most, process.memoryUsage.rss())
  }
  t.ok(bytes > 0 && bytes < 5_000_000)
  t.ok(most - before < 150 * 1024 * 1024, `${Math.round((most - before) / 1024 / 1024)} MB`)
})

t.test('a zip waits for a slow reader', async t => {
  const root = logWith(t, { 'part.1.log': randomBytes(20_000_000) })
  const zip = streamZip(root, await entriesOf(root))
  await once(zip, 'readable')
  for (let turn = 0; turn < 500; turn++) await setImmediate()
  t.ok(zip.readableLength < 1024 * 1024)
  t.ok((await buffer(zip)).length > 19_000_000)
})

t.test(
  'a client that goes away leaves no file open',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async t => {
    const root = logWith(t, { 'part.1.log': randomBytes(20_000_000), 'part.2.log': 'x' })
    const zip = streamZip(root, await entriesOf(root))
    await once(zip, 'readable')
    t.equal(openBelow(root), 1)
    zip.destroy()
    const end = performance.now() + 5000
    while (openBelow(root) > 0 && performance.now() < end) await setImmediate()
    t.equal(openBelow(root), 0)
  }
)

t.test(
  'a zip that nobody reads opens nothing',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async t => {
    const root = logWith(t, { 'part.1.log': 'x' })
    const zip = streamZip(root, await entriesOf(root))
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    t.equal(openBelow(root), 0)
    zip.destroy()
  }
)

t.test('a client that was gone before the first part is no error', async t => {
  const root = logWith(t, { 'part.1.log': 'x' })
  const zip = streamZip(root, await entriesOf(root))
  zip.destroy()
  await once(zip, 'close')
  t.equal(zip.errored, null)
})

t.test('a part that is purged or cut short midway ends the zip with an error', async t => {
  const root = logWith(t, { 'part.1.log': randomBytes(20_000_000), 'part.2.log': 'x' })
  const entries = await entriesOf(root)
  const purged = streamZip(root, entries)
  await once(purged, 'readable')
  fs.rmSync(path.join(root, EXECUTION, 'part.2.log'))
  await t.rejects(buffer(purged), { code: 'ENOENT' })
  const short = streamZip(root, entries)
  await once(short, 'readable')
  fs.truncateSync(path.join(root, EXECUTION, 'part.1.log'), 10)
  await t.rejects(buffer(short), /became shorter/)
  await t.rejects(buffer(streamZip(root, [{ relativePath: '../x', name: 'x' }])), /not a job log part/)
})
