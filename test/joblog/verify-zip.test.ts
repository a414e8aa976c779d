// An archive is believed only when it was read back: what is cut off, changed, missing or added on the way is found.
import { createWriteStream } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { ZipArchive } from 'archiver'
import t from 'tap'
import { type EntrySum, verifyZip } from '../../src/joblog/verify-zip.ts'
import { writeZip } from '../../src/joblog/write-zip.ts'

const TEXTS: Readonly<Record<string, string>> = {
  'a.txt': 'first\n'.repeat(5000),
  'empty.txt': '',
  'folder/요일.txt': 'last'
}

const sums = (texts: Readonly<Record<string, string>>) =>
  new Map<string, EntrySum>(
    Object.entries(texts).map(([name, text]) => {
      const bytes = Buffer.from(text)
      return [name, { bytes: bytes.length, crc: crc32(bytes) }]
    })
  )

const entries = Object.entries(TEXTS).map(([name, text]) => ({
  name,
  async *text() {
    yield text
  }
}))

t.test('a zip that was written is there under its name, and holds what was put in', async t => {
  const folder = t.testdir()
  const file = path.join(folder, 'one.zip')
  const { bytes } = await writeZip(folder, file, entries, new Date(0))
  t.equal(bytes, (await readFile(file)).length)
  await verifyZip(file, sums(TEXTS))
  t.same(await readdir(folder), ['one.zip'])
  await t.rejects(verifyZip(file, sums({ ...TEXTS, 'a.txt': 'other' })), /a\.txt.*is not what was put in/)
  await t.rejects(verifyZip(file, sums({ ...TEXTS, more: '' })), /holds 3 entries, and not 4/)
  await t.rejects(
    verifyZip(file, sums({ 'a.txt': '', 'empty.txt': '', b: '' })),
    /not what was put in|nobody put in/
  )
})

t.test('each byte of it that is another is found, and each that is missing', async t => {
  const folder = t.testdir()
  const file = path.join(folder, 'one.zip')
  await writeZip(folder, file, entries, new Date(0))
  const whole = await readFile(file)
  const content = whole.indexOf('a.txt') + 'a.txt'.length
  const changed = path.join(folder, 'changed.zip')
  for (const at of [content, content + 3, content + 10]) {
    const other = Buffer.from(whole)
    other[at]! ^= 0x55
    await writeFile(changed, other)
    await t.rejects(verifyZip(changed, sums(TEXTS)), `byte ${at}`)
  }
  for (const length of [0, 10, whole.length - 30, whole.length - 1]) {
    await writeFile(changed, whole.subarray(0, length))
    await t.rejects(verifyZip(changed, sums(TEXTS)), `${length} bytes`)
  }
})

t.test('a zip that fails on the way leaves nothing behind', async t => {
  const folder = t.testdir()
  const failing = {
    name: 'b.txt',
    // eslint-disable-next-line require-yield
    async *text(): AsyncGenerator<string> {
      throw new Error('the database is away')
    }
  }
  await t.rejects(writeZip(folder, path.join(folder, 'one.zip'), [...entries, failing], new Date(0)), /away/)
  const gone = { name: 'c.log', relativePath: 'nowhere/part.1.log' }
  await t.rejects(writeZip(folder, path.join(folder, 'one.zip'), [...entries, gone], new Date(0)))
  t.same(await readdir(folder), [])
})

t.test('sizes that 32 bits cannot hold are read from where they stand', async t => {
  const file = path.join(t.testdir(), 'wide.zip')
  const archive = new ZipArchive({ forceZip64: true })
  for (const [name, text] of Object.entries(TEXTS)) archive.append(text, { name })
  await Promise.all([archive.finalize(), pipeline(archive, createWriteStream(file))])
  await verifyZip(file, sums(TEXTS))
})
