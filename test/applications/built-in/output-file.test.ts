// What csvWriter and jsonLinesWriter share: what no commit covers is taken back, and nobody writes to another's file.
import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Injected, ItemWriter } from '../../../src/batch/artifacts.ts'
import { noMetrics } from '../../../src/batch/metrics.ts'
import { folderWith, injectedWith } from '../support.ts'
import { builtIn } from './built-in.ts'

interface Place {
  readonly directory: string
  writer(properties?: Record<string, string>, injected?: Partial<Injected>): ItemWriter & { commit(): void }
  text(): Promise<string | null>
  files(): Promise<string[]>
}

/** Writers that are left open, as by a process that was killed: Node.js does not forgive a file handle that is collected open. */
const kept: ItemWriter[] = []

async function place(t: Test, before: Record<string, string> = {}): Promise<Place> {
  const directory = await folderWith(t, before)
  return {
    directory,
    writer(properties = {}, injected = {}) {
      const metrics = noMetrics()
      const stepContext = { ...injectedWith().stepContext, metrics }
      const writer = builtIn<ItemWriter>('csvWriter', {
        properties: { file: 'out.csv', ...properties },
        directory,
        injected: { stepContext, ...injected }
      })
      kept.push(writer)
      return Object.assign(writer, { commit: () => void metrics.COMMIT_COUNT++ })
    },
    text: () => readFile(path.join(directory, 'out.csv'), 'utf8').catch(() => null),
    files: async () => (await readdir(directory)).toSorted()
  }
}

t.test('what was committed stays, and what came after the last commit is taken back at close', async t => {
  const { writer, text, files } = await place(t)
  const first = writer()
  await first.open!(null)
  await first.writeItems([{ a: 1, b: 'x,y' }])
  const checkpoint = await first.checkpointInfo!()
  first.commit()
  await first.writeItems([{ a: 2, b: '' }])
  await first.checkpointInfo!()
  t.same(await files(), ['.out.csv.writing', 'out.csv'])
  await first.close!()
  t.equal(await text(), 'a,b\n1,"x,y"\n')
  t.same(await files(), ['out.csv'])
  const again = writer()
  await again.open!(structuredClone(checkpoint))
  await again.writeItems([{ b: 'z', a: 3 }])
  await again.checkpointInfo!()
  again.commit()
  await again.close!()
  t.equal(await text(), 'a,b\n1,"x,y"\n3,z\n', 'the header is written once, and its order holds')
})

t.test('a writer that was killed before its first commit begins anew under each whenExists', async t => {
  for (const whenExists of ['fail', 'overwrite', 'append']) {
    const { writer, text, files, directory } = await place(t)
    if (whenExists !== 'fail') await writeFile(path.join(directory, 'out.csv'), 'a\n0\n')
    for (let killed = 0; killed < 2; killed++) {
      const one = writer({ whenExists })
      await one.open!(null)
      await one.writeItems([{ a: 1 }, { a: 2 }])
      await one.checkpointInfo!()
    }
    const last = writer({ whenExists })
    await last.open!(null)
    await last.writeItems([{ a: 1 }])
    await last.checkpointInfo!()
    last.commit()
    await last.close!()
    t.equal(await text(), whenExists === 'append' ? 'a\n0\n1\n' : 'a\n1\n', whenExists)
    t.same(await files(), ['out.csv'])
  }
})

t.test('a writer that was killed after a commit goes on at its checkpoint', async t => {
  const { writer, text } = await place(t)
  const killed = writer()
  await killed.open!(null)
  await killed.writeItems([{ a: 1 }])
  const checkpoint = await killed.checkpointInfo!()
  killed.commit()
  await killed.writeItems([{ a: 2 }])
  for (let again = 0; again < 2; again++) {
    const next = writer()
    await next.open!(checkpoint)
    t.equal(await text(), 'a\n1\n')
    await next.writeItems([{ a: 2 }, { a: 3 }])
  }
})

t.test('without a commit the file is as it was before, whatever whenExists says', async t => {
  const fresh = await place(t)
  const writer = fresh.writer()
  await writer.open!(null)
  await writer.writeItems([{ a: 1 }])
  await writer.checkpointInfo!()
  await writer.close!()
  t.same(await fresh.files(), [])
  const appended = await place(t, { 'out.csv': 'a\n0\n' })
  const second = appended.writer({ whenExists: 'append' })
  await second.open!(null)
  await second.writeItems([{ a: 1 }])
  await second.close!()
  t.equal(await appended.text(), 'a\n0\n')
})

t.test('a file that exists, is being written, or was changed since the checkpoint is refused', async t => {
  const { writer, text, files, directory } = await place(t, { 'out.csv': 'mine\n' })
  await t.rejects(writer().open!(null) as Promise<void>, /out\.csv exists already; whenExists says/)
  t.same(await files(), ['out.csv'])
  t.equal(await text(), 'mine\n')
  const one = writer({ whenExists: 'append' })
  await one.open!(null)
  const other = { jobContext: { ...injectedWith().jobContext, instanceId: 99 } }
  await t.rejects(
    writer({ whenExists: 'overwrite' }, other).open!(null) as Promise<void>,
    /out\.csv is being written by job instance 7, step step1, or was when its server was killed/
  )
  const partition = { partitionNumber: 3 }
  await t.rejects(writer({ whenExists: 'append' }, partition).open!(null) as Promise<void>, /job instance 7/)
  await one.writeItems([{ a: 1 }])
  const checkpoint = await one.checkpointInfo!()
  one.commit()
  await one.close!()
  await appendFile(path.join(directory, 'out.csv'), 'foreign\n')
  await t.rejects(writer().open!(checkpoint) as Promise<void>, /something else has written to it since/)
  t.match(await text(), /foreign/)
  await truncate(path.join(directory, 'out.csv'), 2)
  await t.rejects(
    writer().open!(checkpoint) as Promise<void>,
    /has 2 bytes, less than at the last checkpoint/
  )
})

t.test('the text is as the properties say', async t => {
  const cases: [Record<string, string>, unknown[], string][] = [
    [{ columns: 'b,a', lineEnd: 'crlf' }, [{ a: true, b: null, c: 1 }], 'b,a\r\n,true\r\n'],
    [{ columns: 'x' }, [{ x: '' }, ['"q"']], 'x\n""\n"""q"""\n'],
    [
      { header: 'false', delimiter: ';', quoted: 'true', columns: 'a,b' },
      [[1n, { d: 1 }]],
      '"1";"{""d"":1}"\n'
    ],
    [{ bom: 'true' }, [{ a: new Date(0) }], '\ufeffa\n1970-01-01T00:00:00.000Z\n'],
    [{ escapeFormulas: 'true', header: 'false' }, [{ a: '=1+1' }], "'=1+1\n"]
  ]
  for (const [properties, items, expected] of cases) {
    const { writer, text } = await place(t)
    const one = writer(properties)
    await one.open!(null)
    await one.writeItems(items)
    t.equal(await text(), expected)
    await one.close!()
  }
  const { writer, text } = await place(t)
  const latin = writer({ encoding: 'latin1' })
  await latin.open!(null)
  await t.rejects(latin.writeItems([{ a: '€' }]) as Promise<void>, /latin1 has no €/)
  await t.rejects(latin.writeItems([{ a: 'é' }, { a: 1, b: 2 }]) as Promise<void>, /An item has b, which/)
  await t.rejects(latin.writeItems(['x']) as Promise<void>, /columns must name their columns/)
  t.equal(await text(), '', 'what was refused left nothing')
  await latin.close!()
})
