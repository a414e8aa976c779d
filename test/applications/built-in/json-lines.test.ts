import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { ItemReader, ItemWriter } from '../../../src/batch/artifacts.ts'
import { folderWith } from '../support.ts'
import { builtIn } from './built-in.ts'
import { allOf } from './reading.ts'

async function readerOf(t: Test, text: string, properties: Record<string, string> = {}): Promise<ItemReader> {
  const directory = await folderWith(t, { 'in.jsonl': text })
  const reader = builtIn<ItemReader>('jsonLinesReader', {
    properties: { file: 'in.jsonl', ...properties },
    directory
  })
  t.teardown(async () => reader.close?.())
  return reader
}

t.test('each line is an item, empty ones are none, and a wrong one can be passed', async t => {
  const reader = await readerOf(t, '\ufeff{"a":1}\r\n\n  \n{"a":\nnull\n12345678901234567890\n"last"')
  await reader.open!(null)
  const [first, broken, nothing, long, last, ...more] = await allOf(reader)
  t.same(first, { a: 1 })
  t.match(broken, /^in\.jsonl, line 4: it is no JSON/)
  t.match(nothing, /^in\.jsonl, line 5: null is no item/)
  t.equal(long, '12345678901234567890', 'no digit is lost')
  t.equal(last, 'last')
  t.same(more, [])
})

t.test('restarted at any line, wherever blocks end, the rest is what it was', async t => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"x":"${'é'.repeat(n % 17)}"}\n`)
  const reader = await readerOf(t, lines.join(''))
  for (const count of [0, 1, 12_345, 20_000]) {
    await reader.open!(null)
    await allOf(reader, count)
    await reader.open!(structuredClone(await reader.checkpointInfo!()))
    const rest = (await allOf(reader, 20_001)) as { n: number }[]
    t.same(
      rest.map(({ n }) => n),
      Array.from({ length: 20_000 - count }, (_, n) => n + count)
    )
  }
})

t.test('a line that is too long is told without being kept, and a part is chosen by line', async t => {
  const reader = await readerOf(t, `"${'x'.repeat(200_000)}"\n2\n3\n4\n`, { maxLineBytes: '100', end: '3' })
  await reader.open!(null)
  t.same(await allOf(reader), ['in.jsonl, line 1: it is longer than 100 bytes (maxLineBytes).', 2, 3])
  const part = await readerOf(t, `1\n2\n3\n`, { start: '2' })
  await part.open!(null)
  t.same(await allOf(part), [2, 3])
})

t.test('jsonLinesWriter writes what jsonLinesReader reads', async t => {
  const directory = await folderWith(t, {})
  const writer = builtIn<ItemWriter>('jsonLinesWriter', { properties: { file: 'sub/out.jsonl' }, directory })
  await writer.open!(null)
  await writer.writeItems([{ a: 'é\n\u2028' }, [1, null], 'x', 12345678901234567890n])
  await writer.checkpointInfo!()
  t.equal(
    await readFile(path.join(directory, 'sub/out.jsonl'), 'utf8'),
    '{"a":"é\\n\u2028"}\n[1,null]\n"x"\n12345678901234567890\n'
  )
  await t.rejects(writer.writeItems([undefined]) as Promise<void>, /type undefined has no JSON/)
  await writer.close!()
})
