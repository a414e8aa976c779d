// One table of moves for each status: its CHECK constraint, its guards in the store and its chart in docs/ say the same.
import t from 'tap'
import { printedDocs } from '../../scripts/printed-docs.ts'
import { BATCH_STATUS_EDGES, BATCH_STATUSES } from '../../src/batch/batch-status.ts'
import { INSTANCE_STATE_EDGES, INSTANCE_STATES } from '../../src/batch/instance-state.ts'
import type { StatusEdge } from '../../src/batch/status-edges.ts'
import { UNIT_KINDS, UNIT_STATUS_EDGES, UNIT_STATUSES, WAIT_REASONS } from '../../src/batch/unit-status.ts'
import { type Guard, guardsInStore, STATUS_COLUMNS } from './guards.ts'
import { sourceAt } from './sources.ts'

const TABLES: Readonly<
  Record<
    string,
    { readonly statuses: readonly string[]; readonly edges: readonly StatusEdge<string, string>[] }
  >
> = {
  batch_status: { statuses: BATCH_STATUSES, edges: BATCH_STATUS_EDGES },
  instance_state: { statuses: INSTANCE_STATES, edges: INSTANCE_STATE_EDGES },
  status: { statuses: UNIT_STATUSES, edges: UNIT_STATUS_EDGES }
}

/**
 * Not judged here: bulk jobs' guards are computed from their table (test/batch/bulk-job-status.test.ts holds them against it),
 * and a schedule is a switch with two states, from each to the other.
 */
const COMPUTED = ['bulk_job.job_status', 'schedule.state']

/** Updates whose rows were picked, by status and under a lock, in the same statement just before. */
const PICKED_BEFORE = ['src/store/units.ts update unit set status = CLAIMED']

const guards = await guardsInStore()
const schema = (await sourceAt('migrations/schema.sql')).text

function checkOf(table: string, column: string): string[] | null {
  const definition = new RegExp(`^create table ${table} \\(\n(.*?)^\\)`, 'ms').exec(schema)?.[1] ?? ''
  const list = new RegExp(`CHECK \\(${column} = ANY \\(ARRAY\\[(.*?)\\]`).exec(definition)?.[1]
  return list === undefined ? null : [...list.matchAll(/'(\w+)'::text/g)].map(([, status]) => status!)
}

t.test('no move is listed twice, and each leads from a status to a status', async t => {
  for (const [column, { statuses, edges }] of Object.entries(TABLES)) {
    const moves = edges.map(({ from, to, by }) => `${from} ${to} ${by}`)
    t.same(moves.length, new Set(moves).size, column)
    t.same(
      edges.filter(({ from, to }) => !statuses.includes(from) || !statuses.includes(to)),
      []
    )
  }
})

t.test('the CHECK constraints of the schema list the very statuses of src/batch', async t => {
  for (const [table, columns] of Object.entries(STATUS_COLUMNS))
    for (const column of columns)
      t.same(checkOf(table, column), TABLES[column]!.statuses, `${table}.${column}`)
  t.same(checkOf('unit', 'kind'), UNIT_KINDS)
  t.same(checkOf('unit', 'waits_for'), WAIT_REASONS)
})

t.test('no other table has a status that this test does not know', async t => {
  const found = [...schema.matchAll(/^create table (\w+) \(\n(.*?)^\)/gms)].flatMap(([, table, columns]) =>
    [...columns!.matchAll(/^ {2}(\w*(?:status|state)) text/gm)]
      .map(([, column]) => column!)
      // Exit statuses are free text.
      .filter(column => !column.endsWith('exit_status') && !STATUS_COLUMNS[table!]?.includes(column))
      .map(column => `${table}.${column}`)
      .filter(column => !COMPUTED.includes(column))
  )
  t.same(found, [])
})

t.test('docs/batch-status.md shows the moves as src/batch has them (npm run docs:print)', async t => {
  const doc = (await printedDocs()).find(({ path }) => path === 'docs/batch-status.md')
  t.equal(doc?.found, doc?.expected)
})

const shown = ({ path, statement }: Guard) => `${path}: ${statement.slice(0, 160)}`

t.test('there are updates of statuses in the store to judge', async t => {
  t.ok(guards.length > 20, `${guards.length}`)
})

t.test('every update of a status in the store names the statuses it may come from', async t => {
  const unguarded = guards.filter(
    ({ path, table, column, to, guarded }) =>
      !guarded && !PICKED_BEFORE.includes(`${path} update ${table} set ${column} = ${to}`)
  )
  t.same(unguarded.map(shown), [])
})

t.test('the statuses in a guard of the store are statuses, and may be left', async t => {
  const wrong = guards.flatMap(guard =>
    guard.from
      .filter(from => !TABLES[guard.column]!.edges.some(edge => edge.from === from))
      .map(from => `${from} in ${shown(guard)}`)
  )
  t.same(wrong, [])
})

t.test('an update in the store that writes a certain status makes a move of the table, or none', async t => {
  const wrong = guards.flatMap(guard =>
    (guard.to === null ? [] : guard.from)
      .filter(
        from =>
          from !== guard.to &&
          !TABLES[guard.column]!.edges.some(edge => edge.from === from && edge.to === guard.to)
      )
      .map(from => `${from} -> ${guard.to} in ${shown(guard)}`)
  )
  t.same(wrong, [])
})
