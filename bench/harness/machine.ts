// What the figures were measured on: without it nobody can compare two results.
import { execFile } from 'node:child_process'
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** One line each: machine, versions, and what else was going on when it began. */
export async function machineLines(postgresVersion: string): Promise<readonly string[]> {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const commit = await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname }).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown'
  )
  const changed = await run('git', ['status', '--porcelain', '--', 'src', 'migrations'], {
    cwd: `${import.meta.dirname}/../..`
  }).then(
    ({ stdout }) => (stdout.trim() === '' ? '' : ' with uncommitted changes'),
    () => ''
  )
  return [
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${gigabytes} GB, ${platform()} ${release()}; load ${loadavg()[0]!.toFixed(1)} before the start`,
    `Node ${process.versions.node}, PostgreSQL ${postgresVersion}, commit ${commit}${changed}, ${new Date().toISOString().slice(0, 16)}Z`
  ]
}
