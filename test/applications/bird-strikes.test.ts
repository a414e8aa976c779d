import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { type ArtifactRegistry, loadArtifacts } from '../../src/applications/artifact-registry.ts'
import type { Injected, ItemReader, PartitionPlan } from '../../src/batch/artifacts.ts'
import { start, temporaryDirectory } from '../store/embedded/embedded-test.ts'
import { folderWith, injectedWith } from './support.ts'

const BIRD_STRIKES = new URL('../../jsl-samples/BirdStrikes', import.meta.url).pathname

interface Position {
  readonly record: number
  readonly bytes: number
}
type Reader = Required<ItemReader<{ record: number; fields: Record<string, string> }, Position>>

async function rest(reader: Reader): Promise<number[]> {
  const records = []
  for (let item = await reader.readItem(); item; item = await reader.readItem()) records.push(item.record)
  return records
}

async function readerOf(properties: Record<string, string>): Promise<Reader> {
  const registry = await loadArtifacts(BIRD_STRIKES)
  return registry.create('csvReader', injectedWith({ properties })) as Reader
}

t.test('csvReader goes on at the byte after any record, whatever is in the file', async t => {
  const text = '\uFEFFname,note\r\nÄ,"two\r\nlines"\r\n\r\nb,"a ""quote"""\r\n가,last'
  const csv = join(await folderWith(t, { 'a.csv': text }), 'a.csv')
  const reader = await readerOf({ csv, columns: 'note|name' })
  await reader.open(null)
  t.same((await reader.readItem())?.fields, { name: 'Ä', note: 'two\r\nlines' })
  const position = (await reader.checkpointInfo())!
  t.same(await rest(reader), [2, 3])
  const again = await readerOf({ csv })
  await again.open(position)
  t.same(await again.readItem(), { record: 2, fields: { name: 'b', note: 'a "quote"' } })
  const last = (await again.checkpointInfo())!
  await again.open(last)
  t.same(await rest(again), [3])
  await again.open((await again.checkpointInfo())!)
  t.same(await rest(again), [])
  await again.close()
})

t.test('csvReader refuses what is not the file it expects, and tells nothing of it', async t => {
  const directory = await folderWith(t, { secret: 'root:x:0:0\n', empty: '', 'bad.csv': 'a,b\n1,2\n1,2,3\n' })
  const open = async (csv: string, columns = 'a|b') => (await readerOf({ csv, columns })).open(null)
  await t.rejects(open(join(directory, 'secret')), {
    message: `${join(directory, 'secret')} has no column a, b.`
  })
  await t.rejects(open(join(directory, 'empty')), /has no column a, b/)
  await t.rejects(open(directory), /is not a file/)
  await t.rejects(open(join(directory, 'gone')), { code: 'ENOENT' })
  const reader = await readerOf({ csv: join(directory, 'bad.csv') })
  await reader.open(null)
  await reader.readItem()
  await t.rejects(async () => reader.readItem(), { code: 'CSV_RECORD_INCONSISTENT_COLUMNS' })
  await t.rejects(async () => reader.open({ record: 9, bytes: 999 }), /shorter than it was/)
})

interface Run {
  readonly database: pg.Client
  readonly artifact: <T>(ref: string, properties?: Record<string, string>, more?: Partial<Injected>) => T
}

async function runOn(t: Test, registry: ArtifactRegistry): Promise<Run> {
  const { url } = await start(t, await temporaryDirectory(t))
  const database = new pg.Client(url)
  await database.connect()
  t.teardown(() => database.end())
  const connection = {
    query: async (sql: string, values?: readonly unknown[]) => database.query(sql, values as unknown[])
  } as unknown as Injected['connection']
  return {
    database,
    artifact: <T>(ref: string, properties: Record<string, string> = {}, more: Partial<Injected> = {}) =>
      registry.create(
        ref,
        injectedWith({ properties: { databaseUrl: url, ...properties }, connection, ...more })
      ) as T
  }
}

interface Step {
  process(): Promise<string>
  mapPartitions(): Promise<PartitionPlan>
  collectPartitionData(): unknown
  decide(steps: unknown[]): Promise<string>
  processItem(item: unknown): Promise<unknown>
  writeItems(items: unknown[]): Promise<void>
}

t.test('the real file becomes rows, a summary, a decision and a report', async t => {
  const { database, artifact } = await runOn(t, await loadArtifacts(BIRD_STRIKES))
  await artifact<Step>('prepareTables').process()
  await artifact<Step>('prepareTables').process()

  const reader = artifact<Reader>('csvReader')
  const [processor, writer] = [artifact<Step>('strikeProcessor'), artifact<Step>('strikeWriter')]
  await reader.open(null)
  const counts = { read: 0, filtered: 0, skipped: 0, written: 0 }
  let chunk: unknown[] = []
  for (let item = await reader.readItem(); item; item = await reader.readItem()) {
    counts.read++
    const result = await processor.processItem(item).catch((error: Error) => error)
    if (result === null) counts.filtered++
    else if (result instanceof Error) counts.skipped += error(result)
    else chunk.push(result)
    if (chunk.length === 500) {
      await writer.writeItems(chunk)
      counts.written += chunk.length
      chunk = []
    }
  }
  await writer.writeItems(chunk)
  counts.written += chunk.length
  t.same(counts, { read: 10_000, filtered: 814, skipped: 15, written: 9171 })
  const { rows } = await database.query(
    'select count(*)::integer, min(flight_date)::text from bird_strikes.strike'
  )
  t.match(rows, [{ count: 9171, min: '1990-01-11' }])

  const plan = await artifact<Step>('stateRanges', { partitions: '4' }).mapPartitions()
  t.equal(plan.partitions, 4)
  t.same(plan, await artifact<Step>('stateRanges', { partitions: '4' }).mapPartitions())
  const stepContext = injectedWith().stepContext
  for (const range of [...plan.partitionProperties!, plan.partitionProperties![0]!])
    await artifact<Step>('summariseStates', range, { stepContext }).process()
  t.match(artifact<Step>('stateCollector', {}, { stepContext }).collectPartitionData(), { states: 8 })
  const summed = await database.query('select sum(strikes)::integer as sum from bird_strikes.state_summary')
  t.same(summed.rows, [{ sum: 9171 }], 'a partition done twice counts once')

  t.equal(await artifact<Step>('enoughStrikes', { minimum: '9171' }).decide([]), 'ENOUGH')
  t.equal(await artifact<Step>('enoughStrikes', { minimum: '9172' }).decide([]), 'TOO FEW')

  const directory = await folderWith(t, {})
  const path = await artifact<Step>('writeReport', {
    'report.directory': directory,
    report: 'r.md'
  }).process()
  t.match(await readFile(path, 'utf8'), /9171 strikes in \d+ states[^]*\| Texas \|/)
  t.same(await readdir(join(directory, 'reports')), ['r.md'])
  for (const report of ['../r.md', '/tmp/r.md', '.hidden', 'a\\b'])
    await t.rejects(
      artifact<Step>('writeReport', { 'report.directory': directory, report }).process(),
      /not a path/
    )
})

/** Only records the processor judged may be counted as skipped. */
function error(thrown: Error): number {
  if (thrown.name !== 'InvalidRecord') throw thrown
  return 1
}
