// Without this a full disk or a chatty job could fail jobs, lose log lines silently, or fill the disk.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { listParts } from '../../src/joblog/list-parts.ts'
import { JOB_LOG_LIMITS, JOB_LOGGER, JobLogWriter } from '../../src/joblog/job-log-writer.ts'
import type { LogSpace } from '../../src/joblog/log-space.ts'
import type { JobLogLimits, JobLogWriterOptions } from '../../src/joblog/job-log-writer.ts'

const EXECUTION = 'job/2026-11-24/instance.1/execution.2'
const MISSING = /--- (\d+) records? (?:is|are) missing here: the job log could not be written \((.+)\) ---\n/

function writerIn(root: string, limits: Partial<JobLogLimits> = {}, more: Partial<JobLogWriterOptions> = {}) {
  const troubles: Error[] = []
  const writer = new JobLogWriter({
    root,
    executionPath: EXECUTION,
    subJob: {},
    limits: { ...JOB_LOG_LIMITS, ...limits },
    zone: 'UTC',
    now: Date.now,
    onTrouble: error => troubles.push(error),
    ...more
  })
  return { writer, troubles }
}

async function logIn(root: string): Promise<string> {
  const parts = await listParts(root, EXECUTION)
  return parts.map(part => fs.readFileSync(path.join(root, EXECUTION, part), 'utf8')).join('')
}

/** Runs a test on a file system of 64 KiB; skips it, saying why, where mounting is not allowed. */
async function onTinyDisk(t: Test, body: (disk: string) => Promise<void>): Promise<void> {
  const disk = t.testdir()
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])
  if (mount.status !== 0) {
    t.comment(
      `not run, a file system cannot be mounted here: ${mount.error?.message ?? String(mount.stderr)}`
    )
    return
  }
  try {
    await body(disk)
  } finally {
    // Lazily: a writer of a failed test may still hold its file, and the folder must be removable.
    spawnSync('umount', ['-l', disk])
  }
}

t.test('on a full disk the job goes on, says so once, and the log marks the gap', t =>
  onTinyDisk(t, async disk => {
    const ballast = path.join(disk, 'ballast')
    fs.writeFileSync(ballast, Buffer.alloc(32 * 1024))
    const { writer, troubles } = writerIn(disk)
    let written = 0
    while (troubles.length === 0) writer.write('a', `line ${++written}`)
    for (let lost = 0; lost < 99; lost++) writer.write('a', 'lost')
    t.match(troubles, [{ code: 'ENOSPC' }])
    fs.rmSync(ballast)
    writer.write('a', 'after the gap')
    writer.close()
    const log = await logIn(disk)
    t.same(log.match(MISSING)?.slice(1), ['100', 'ENOSPC: no space left on device, write'])
    t.match(
      log,
      new RegExp(`line ${written - 1}\\n.*${JOB_LOGGER}.*missing here.*\\n.*after the gap\\n$`),
      'and no line is torn'
    )
    t.notMatch(log, /lost/)
    t.equal(troubles.length, 1)
  })
)

t.test('a log that begins on a full disk begins late', t =>
  onTinyDisk(t, async disk => {
    const ballast = path.join(disk, 'ballast')
    fs.writeFileSync(ballast, Buffer.alloc(64 * 1024))
    const { writer, troubles } = writerIn(disk, { maxRecords: 1 })
    writer.write('a', 'lost')
    writer.write('a', 'lost')
    fs.rmSync(ballast)
    writer.write('a', 'there')
    writer.write('a', 'there too')
    writer.close()
    t.equal(troubles.length, 1)
    t.match(await logIn(disk), /^.*--- 2 records are missing.*\n.*there\n.*there too\n$/)
  })
)

t.test('a limit of the process on the size of files is met in the same way', async t => {
  const root = t.testdir()
  const source = path.resolve(import.meta.dirname, '../../src/joblog/job-log-writer.ts')
  const script = `
    import { JobLogWriter, JOB_LOG_LIMITS } from ${JSON.stringify(source)}
    const limits = { ...JOB_LOG_LIMITS, maxRecords: 1000000, maxPartBytes: 0 }
    const writer = new JobLogWriter({ root: ${JSON.stringify(root)}, executionPath: ${JSON.stringify(EXECUTION)}, subJob: {}, limits,
      zone: 'UTC', now: Date.now, onTrouble: error => console.log(error.code) })
    for (let line = 0; line < 5000; line++) writer.write('a', 'line ' + line)
    writer.close()`
  const child = spawnSync('sh', [
    '-c',
    'ulimit -f 64; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script
  ])
  t.equal(String(child.stdout), 'EFBIG\n', String(child.stderr))
  const log = await logIn(root)
  t.ok(log.length > 30_000 && log.length <= 64 * 1024, 'sh counts in units of 512 or 1024 bytes')
  t.match(log, /line \d+\n$/, 'the last line is whole')
})

t.test('a folder that cannot be made costs the log, never the job', async t => {
  const root = path.join(t.testdir({ file: 'not a folder' }), 'file')
  const { writer, troubles } = writerIn(root)
  for (let line = 0; line < 10; line++) writer.write('a', 'lost')
  writer.tick()
  writer.close()
  t.match(troubles, [{ code: 'ENOTDIR' }])
})

t.test('when the next part cannot be opened the log goes on in the one before', async t => {
  const root = t.testdir()
  const { writer, troubles } = writerIn(root, { maxRecords: 2 })
  for (let line = 0; line < 2; line++) writer.write('a', `line ${line}`)
  fs.renameSync(path.join(root, 'job'), path.join(root, 'moved'))
  fs.writeFileSync(path.join(root, 'job'), 'in the way')
  writer.write('a', 'line 2')
  t.equal(troubles.length, 1)
  fs.rmSync(path.join(root, 'job'))
  fs.renameSync(path.join(root, 'moved'), path.join(root, 'job'))
  writer.write('a', 'line 3')
  writer.close()
  t.same(await listParts(root, EXECUTION), ['part.1.log', 'part.2.log'])
  t.same((await logIn(root)).match(/line \d/g), ['line 0', 'line 1', 'line 2', 'line 3'])
})

t.test('a capped log has no more bytes than allowed, and still says how the job ended', async t => {
  const root = t.testdir()
  const { writer, troubles } = writerIn(root, { maxBytes: 100_000, maxPartBytes: 30_000 })
  for (let line = 0; line < 10_000; line++) writer.write('a', `line ${line}`)
  writer.write(JOB_LOGGER, 'CWWKY0010I: ended')
  for (let line = 0; line < 10_000; line++) writer.write(JOB_LOGGER, `engine ${line}`)
  writer.close()
  const log = await logIn(root)
  t.match(troubles, [{ code: 'JobLogCapped' }])
  t.match(log, /line \d+\n.*--- \d+ records are missing here.*\n.*CWWKY0010I: ended\n/)
  t.match(log, /--- \d+ records are missing here.*\n$/, 'the last marker stands at the end')
  t.ok(log.length > 100_000 && log.length <= 100_000 + 17 * 1024, `${log.length}`)
  const lines = log.match(/(line|engine) \d+\n|ended\n/g)?.length ?? 0
  const missing = Array.from(log.matchAll(new RegExp(MISSING, 'g')), ([, count]) => Number(count))
  t.equal(
    lines + missing.reduce((sum, count) => sum + count),
    20_001,
    'every record is there or counted as missing'
  )
})

t.test('a log without space has a gap that says why, and goes on when there is space again', async t => {
  const root = t.testdir()
  let left = 0
  const space: LogSpace = {
    share: 4096,
    shortage: 'the disk is small',
    take(bytes) {
      const taken = Math.max(0, Math.min(bytes, left))
      left -= taken
      return taken
    },
    give: bytes => void (left += bytes)
  }
  const { writer, troubles } = writerIn(root, {}, { space })
  for (let line = 0; line < 5; line++) writer.write('a', 'lost')
  left = 10_000
  writer.write('a', 'there')
  t.equal(left, 10_000 - 4096, 'a share is taken, not a line')
  writer.write('a', 'x'.repeat(5000))
  const others = left
  left = 0
  for (let line = 0; line < 100_000; line++)
    writer.write(JOB_LOGGER, 'the reserve is spent once, however often it is asked for')
  writer.close()
  const log = await logIn(root)
  t.match(troubles, [{ message: 'the disk is small', code: 'JobLogCapped' }])
  t.match(log, /^.*--- 5 records are missing here.*\(the disk is small\).*\n.*there\n/)
  t.ok(log.length < 5000 + 26 * 1024, `${log.length}`)
  t.equal(
    10_000 - others - left,
    log.length,
    'what is written is counted, the reserve too, and what is not is given back'
  )
})
