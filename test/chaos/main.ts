// `npm run chaos -- --minutes 30 --seed N`: storms under both policies one after the other, for as long as it is told to.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { storm } from './storm/storm.ts'
import { TROUBLES } from './storm/storm-troubles.ts'

const USAGE = `npm run chaos [-- --minutes n] [--seed n] [--recovery fail|resume] [--keep]

  --minutes n   how long (10); a storm that has begun is brought to its end
  --seed n      makes the same choices again; of the first storm, the others count on from it
  --recovery p  under this policy only; else under both in turn
  --keep        leave folders and servers' logs also of storms without a problem

Three servers, one PostgreSQL of its own, jobs without end. Ends with 1 when a storm found a problem.`

/** Of one storm: short enough that its tables stay small, long enough for many troubles. */
const STORM_SECONDS = 120

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    recovery: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})
const minutes = Number(values.minutes)
const firstSeed = Number(values.seed)
const policies = (['fail', 'resume'] as const).filter(
  policy => values.recovery === undefined || values.recovery === policy
)
if (values.help || !(minutes > 0) || !Number.isInteger(firstSeed) || policies.length === 0) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const began = performance.now()
console.log(`seed ${firstSeed}, ${minutes} minutes`)
const total = { storms: 0, jobs: 0, rows: 0, interrupted: 0, fenced: 0, failed: 0 }
while (performance.now() - began < minutes * 60_000) {
  const policy = policies[total.storms % policies.length]!
  const seed = firstSeed + total.storms
  total.storms++
  const left = minutes * 60 - (performance.now() - began) / 1000
  await oneStorm(policy, seed, Math.min(STORM_SECONDS, left))
}
console.log(JSON.stringify(total))
process.exitCode = total.failed > 0 ? 1 : 0

async function oneStorm(policy: 'fail' | 'resume', seed: number, seconds: number): Promise<void> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-storm-')))
  const releases: (() => Promise<void>)[] = []
  let keep = values.keep
  try {
    const report = await storm(
      { teardown: release => void releases.push(release) },
      {
        policies: [policy],
        seed,
        directory,
        troubles: TROUBLES,
        seconds,
        jobs: 100,
        say: line => console.log(`  ${new Date().toISOString().slice(11, 23)} ${line}`)
      }
    )
    for (const line of report.lines) console.log(line)
    const interrupted = Object.values(report.interrupted).reduce((sum, n) => sum + n, 0)
    const problems = [...report.problems]
    if (interrupted === 0) problems.push('no unit was interrupted')
    if (report.fenced === 0) problems.push('no commit was fenced')
    total.jobs += report.jobs
    total.rows += report.rows
    total.interrupted += interrupted
    total.fenced += report.fenced
    if (problems.length === 0) return
    total.failed++
    keep = true
    for (const problem of problems) console.log(`PROBLEM ${problem}`)
    await writeFile(path.join(directory, 'servers.log'), report.log)
  } finally {
    for (let release = releases.pop(); release !== undefined; release = releases.pop()) await release()
    if (keep) console.log(`left in ${directory}`)
    else await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
