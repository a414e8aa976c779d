import { appendFile, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { ItemReader } from '../../../src/batch/artifacts.ts'
import { folderWith } from '../support.ts'
import { builtIn } from './built-in.ts'
import { allOf } from './reading.ts'

async function readerOf(
  t: Test,
  text: string | Buffer,
  properties: Record<string, string> = {},
  file = 'in.csv'
): Promise<ItemReader & { readonly path: string }> {
  const directory = await folderWith(t, { [file]: text })
  const reader = builtIn<ItemReader>('csvReader', { properties: { file, ...properties }, directory })
  t.teardown(async () => reader.close?.())
  return Object.assign(reader, { path: path.join(directory, file) })
}

async function read(t: Test, text: string | Buffer, properties: Record<string, string> = {}) {
  const reader = await readerOf(t, text, properties)
  await reader.open!(null)
  return await allOf(reader)
}

t.test(
  'a record is an object by the names of the header, in which a BOM is none of the first name',
  async t => {
    t.same(await read(t, '\ufeffid,name\r\n1,"Ada, ""A"""\r\n\r\n2,Bo\nrest,"two\nlines"'), [
      { id: '1', name: 'Ada, "A"' },
      { id: '2', name: 'Bo' },
      { id: 'rest', name: 'two\nlines' }
    ])
    t.same(await read(t, ''), [])
    t.same(await read(t, 'a,b\n'), [])
  }
)

t.test('without a header records are arrays, or objects by the names that are given', async t => {
  t.same(await read(t, '1;2\n3;4\n', { header: 'false', delimiter: ';' }), [
    ['1', '2'],
    ['3', '4']
  ])
  t.same(await read(t, '1\t2\n', { header: 'a,__proto__', delimiter: '\\t', columns: '__proto__' }), [
    JSON.parse('{"__proto__":"2"}')
  ])
  t.same(await read(t, 'made by x\n\n1,2\n', { header: 'false', skipLines: '2' }), [['1', '2']])
})

t.test('encoding, quotes, comments and blanks are as the properties say', async t => {
  const text = Buffer.from("# says\nn , v\n 'é' , x\n#no\n2,#y\n", 'latin1')
  const properties = { encoding: 'latin1', quote: "'", comment: '#', trim: 'true' }
  t.same(await read(t, text, properties), [
    { n: 'é', v: 'x' },
    { n: '2', v: '#y' }
  ])
  t.same(await read(t, 'a\n"b\n', { quote: 'none' }), [{ a: '"b' }])
})

t.test('a malformed record is told with file, record and line, and the next one is read', async t => {
  const text = 'a,b\n1,"x\ny"\n\n2,"bad"x\n3\n4,b"c\n5,"open\n6,z\n'
  t.same(await read(t, text), [
    { a: '1', b: 'x\ny' },
    'in.csv, record 2 at line 5: characters follow a closing quote.',
    'in.csv, record 3 at line 6: it has 1 columns, not 2.',
    'in.csv, record 4 at line 7: a quote stands inside of a field that has none at its beginning.',
    'in.csv, record 5 at line 8: a quote is not closed.',
    { a: '6', b: 'z' }
  ])
  t.same(await read(t, 'a,b\n1\n1,2,3\n', { relaxColumnCount: 'true' }), [{ a: '1' }, { a: '1', b: '2' }])
  const long = `a\n${'x'.repeat(300_000)}\nshort\n"${'y'.repeat(200_000)}\n`
  t.same(await read(t, long, { maxRecordSize: '1000' }), [
    'in.csv, record 1 at line 2: the record is longer than maxRecordSize.',
    { a: 'short' },
    'in.csv, record 3 at line 4: the record is longer than maxRecordSize.'
  ])
})

t.test('restarted at any record, wherever blocks end, the rest is what it was', async t => {
  const bad = (n: number) => (n % 1000 === 7 ? '"x"y' : n % 3 === 0 ? `"a\r\nb ${n}"` : `é${n}`)
  const text = `n,v\n${Array.from({ length: 12_000 }, (_, n) => `${n},${bad(n)}\r\n`).join('')}`
  const reader = await readerOf(t, text)
  await reader.open!(null)
  const whole = await allOf(reader, 20_000)
  t.equal(whole.length, 12_000)
  t.equal(whole.filter(one => typeof one === 'string').length, 12)
  for (const count of [0, 1, 7, 8, 2999, 11_999, 12_000]) {
    await reader.open!(null)
    await allOf(reader, count)
    const checkpoint = structuredClone(await reader.checkpointInfo!())
    t.match(checkpoint, { record: count })
    await reader.open!(checkpoint)
    const rest = await allOf(reader, 20_000)
    // A line that a message names is counted from the checkpoint: lines inside of quotes may count twice for CRLF.
    t.equal(rest.length, 12_000 - count)
    t.same(
      rest.filter(one => typeof one === 'object'),
      whole.slice(count).filter(one => typeof one === 'object')
    )
  }
})

t.test('a restart refuses a file that is not what it was, and takes one that has grown', async t => {
  const reader = await readerOf(t, 'a\n1\n2\n3\n')
  await reader.open!(null)
  await allOf(reader, 2)
  const checkpoint = await reader.checkpointInfo!()
  await appendFile(reader.path, '4\n')
  await reader.open!(checkpoint)
  t.same(await allOf(reader), [{ a: '3' }, { a: '4' }])
  await writeFile(reader.path, 'a\n9\n2\n3\n')
  await t.rejects(reader.open!(checkpoint) as Promise<void>, /in\.csv is not the file that was read/)
  await truncate(reader.path, 3)
  await t.rejects(reader.open!(checkpoint) as Promise<void>, /in\.csv is shorter than it was/)
})

t.test('a part of the records is chosen by number, and malformed ones count', async t => {
  const text = 'a\n1\n"x"y\n3\n4\n5\n'
  t.same(await read(t, text, { start: '3', end: '4' }), [{ a: '3' }, { a: '4' }])
  t.same(await read(t, text, { start: '6' }), [])
})

t.test('a .gz is unpacked, and read on behind its checkpoint', async t => {
  const rows = Array.from({ length: 50_000 }, (_, n) => `${n},${'x'.repeat(n % 20)}\n`).join('')
  const reader = await readerOf(t, gzipSync(`n,x\n${rows}`), {}, 'in.csv.gz')
  await reader.open!(null)
  await allOf(reader, 40_000)
  await reader.open!(await reader.checkpointInfo!())
  const rest = await allOf(reader, 50_000)
  t.equal(rest.length, 10_000)
  t.match(rest[0], { n: '40000' })
  const broken = await readerOf(t, gzipSync(`n,x\n${rows}`).subarray(0, 50_000), {}, 'in.csv.gz')
  await broken.open!(null)
  await t.rejects(
    (async () => {
      while ((await broken.readItem()) !== null);
    })(),
    { name: 'ReaderEndedError', message: /cannot be read/ },
    'what cannot be unpacked is no end of the file'
  )
})

t.test('what is wrong with the properties or the file is told at open', async t => {
  const refusals: [Record<string, string>, RegExp][] = [
    [{ file: 'none.csv' }, /none\.csv cannot be read: it is not there/],
    [{ file: '.' }, /is not a file/],
    [{ columns: 'a,z' }, /in\.csv has no column z; it has a, b, b/],
    [{ columns: 'b' }, /has the column b more than once/],
    [{ header: 'false', columns: 'a' }, /columns chooses by name/],
    [{ encoding: 'utf-16' }, /encoding must be utf-8 or latin1/],
    [{ heading: 'true' }, /no property heading/]
  ]
  for (const [properties, message] of refusals) {
    const reader = await readerOf(t, 'a,b,b\n1,2,3\n', properties)
    await t.rejects(reader.open!(null) as Promise<void>, message)
  }
})
