// `npm run test:tck`: runs the cases of a conformance suite's folder against a real server; without it nobody would know where we differ.
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CONFIG_KEYS } from '../../src/config/config-keys.ts'
import { goldenReport } from './golden/golden-report.ts'
import { countsOf, reportOf } from './report.ts'
import { type CaseResult, runCases } from './run-cases.ts'
import { type CaseToRun, groupByServer, systemPropertiesRead } from './server-groups.ts'
import { openTckDatabase } from './tck-database.ts'
import { jobXMLsOf, readTckFolder, type TckCase, type TckFolder } from './tck-folder.ts'

const USAGE = `npm run test:tck [-- --only <text>] [--area <text>] [--golden] [--keep]

  --only <text>   cases whose name contains the text
  --area <text>   cases whose area contains it
  --golden        compare the order of artifact calls with the folder's recordings too
  --keep          leave what the run wrote, and say where

TCK_DIR is the folder with the cases (../shared/tck beside the checkout). BATCH_DATABASE_URL is used, else an embedded
PostgreSQL; BATCH_ISOLATION is passed on. Ends with 1 when a case failed.`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    area: { type: 'string', default: '' },
    golden: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

// The server and the database are ended in either case; a second signal ends the runner at once.
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => interrupted.abort(new Error(`interrupted by ${name}`)))

/** The setting through which a server gets system properties. */
const SETTING = 'BATCH_SYSTEM_PROPERTIES'

/** Why a case cannot be run at all; `null` = it can. */
function obstacle(one: CaseToRun): string | null {
  if (one.tckCase.javaOnly === true)
    return `it tests what only Java has (${one.tckCase.profile}): there is no container whose beans replace each other`
  const read = [...systemPropertiesRead(one)]
  if (read.length > 0 && !Object.hasOwn(CONFIG_KEYS, SETTING))
    return `its JSL reads system properties (${read.join(', ')}), and a server cannot be given any (${SETTING})`
  return null
}

function isChosen({ id, area }: TckCase): boolean {
  return id.includes(options.only) && area.includes(options.area)
}

async function run(folder: TckFolder): Promise<readonly CaseResult[]> {
  const workDir = await mkdtemp(join(tmpdir(), 'batchyard-tck-'))
  // When root runs it, the embedded database's own user must be able to enter.
  await chmod(workDir, 0o755)
  const database = await openTckDatabase(join(workDir, 'data'))
  const results: CaseResult[] = []
  const report = (result: CaseResult) => {
    results.push(result)
    process.stdout.write({ passed: '.', failed: 'F', skipped: 's' }[result.verdict])
  }
  try {
    const toRun: CaseToRun[] = []
    for (const tckCase of folder.cases.filter(isChosen)) {
      const one = { tckCase, jobXMLs: await jobXMLsOf(folder, tckCase) }
      const reason = obstacle(one)
      if (reason === null) toRun.push(one)
      else report({ tckCase, verdict: 'skipped', milliseconds: 0, reason, jobLogs: [], recordings: null })
    }
    for (const [index, group] of groupByServer(toRun).entries()) {
      const settings = Object.hasOwn(CONFIG_KEYS, SETTING)
        ? { [SETTING]: JSON.stringify(group.systemProperties) }
        : {}
      const runId = `tck${randomBytes(3).toString('hex')}${index}`
      await runCases(
        group,
        {
          folder,
          database,
          workDir,
          runId,
          record: options.golden,
          settings,
          interrupted: interrupted.signal
        },
        report
      )
    }
    console.log(`\n\n${reportOf(results)}`)
    if (options.golden) console.log(`\n${await goldenReport(folder, results)}`)
    return results
  } finally {
    await database.close()
    if (options.keep) console.log(`\nEverything the run wrote is in ${workDir}`)
    else await rm(workDir, { recursive: true, force: true })
  }
}

if (options.help) console.log(USAGE)
else {
  const directory = resolve(process.env['TCK_DIR'] || join(import.meta.dirname, '../../../shared/tck'))
  const folder = await readTckFolder(directory)
  if (folder === null)
    console.log(`Skipped: there is no conformance suite in ${directory} (TCK_DIR names its folder).`)
  else {
    const results = await run(folder)
    console.log(`\n${results.length} of ${folder.cases.length} cases: ${countsOf(results) || 'none chosen'}`)
    process.exitCode =
      interrupted.signal.aborted || results.some(({ verdict }) => verdict === 'failed') ? 1 : 0
  }
}
