// Many servers, any of which may die: a few hundred jobs in a storm of kill -9, SIGSTOP, SIGTERM, cut connections and a crash of
// PostgreSQL; each row is there once, as the ledger counts them and not the engine (ENGINE E2, E6, E7, E9, E12).
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { seeded } from '../support/chaos.ts'
import { storm } from './storm/storm.ts'
import { TROUBLES } from './storm/storm-troubles.ts'

const JOBS = 160

const { seed } = seeded()
t.setTimeout(600_000)
t.comment(`seed ${seed}: CHAOS_SEED=${seed} makes the same choices again; npm run chaos has the long form`)

t.test('fail and resume: whatever happens to servers, nothing is lost and nothing is done twice', async t => {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-storm-')))
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  const report = await storm(t, {
    policies: ['fail', 'resume'],
    seed,
    directory,
    troubles: TROUBLES,
    seconds: 0,
    jobs: JOBS,
    say: line => t.comment(line)
  })
  for (const line of report.lines) t.comment(line)
  t.same(report.problems, [], `seed ${seed}`)
  t.ok(report.jobs >= JOBS)
  for (const [policy, units] of Object.entries(report.interruptedUnder))
    t.ok(units > 0, `units of jobs under ${policy} were interrupted`)
  t.ok(report.fenced > 0, 'commits were fenced')
})
