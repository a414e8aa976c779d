// Step `report`: the summary as a file that is there whole or not at all.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Injected } from '../../src/batch/artifacts.ts'
import { withDatabase } from './database.ts'

interface StateSummary {
  readonly state: string
  readonly strikes: number
  readonly damaging: number
  readonly cost: string
  readonly commonest_species: string
}

/**
 * Properties: `report.directory`; `report` = the file's name in it. A name only: it comes from whoever submits, and must
 * not reach other folders. The exit status is the path.
 */
export async function writeReport(injected: Injected): Promise<string> {
  const { properties, jobContext, log } = injected
  const directory = join(properties['report.directory'] ?? tmpdir(), 'reports')
  const name = properties['report'] ?? `birdstrikes-${jobContext.instanceId}.md`
  if (name !== basename(name) || name.startsWith('.') || /[\\\0]/.test(name))
    throw new Error(`Job parameter report must be the name of a file, not a path: ${name}`)
  const { rows } = await withDatabase(injected, database =>
    database.query<StateSummary>(
      /* sql */ `select state, strikes, damaging, cost, commonest_species from bird_strikes.state_summary
        where instance_id = $1 order by strikes desc, state collate "C"`,
      [jobContext.instanceId]
    )
  )
  await mkdir(directory, { recursive: true })
  const path = join(directory, name)
  await writeWhole(path, reportOf(jobContext.properties['title'] ?? jobContext.jobName, rows))
  log.info(`The report is ${path}`)
  return path
}

function reportOf(title: string, rows: readonly StateSummary[]): string {
  const lines = rows.map(
    row => `| ${row.state} | ${row.strikes} | ${row.damaging} | ${row.cost} | ${row.commonest_species} |`
  )
  const total = rows.reduce((sum, row) => sum + row.strikes, 0)
  return [
    `# ${title}`,
    '',
    `${total} strikes in ${rows.length} states.`,
    '',
    '| state | strikes | with damage | cost in $ | commonest species |',
    '| --- | ---: | ---: | ---: | --- |',
    ...lines,
    ''
  ].join('\n')
}

/** Renaming replaces a file, or a link that somebody put there, in one go: no reader sees half a report. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.${process.hrtime.bigint()}.tmp`
  try {
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
