// `batchyard audit verify`: whether the audit is as it was written, asked of the database itself and against a head noted elsewhere.
import { Command } from 'commander'
import { CliError, EXIT } from '../cli-error.ts'
import { locally } from './locally.ts'

interface Head {
  readonly number: number
  readonly hash: string
}

export function auditCommand(): Command {
  const audit = new Command('audit').description('who did what: whether its rows are as they were written')
  audit
    .command('verify')
    .description(
      'read the whole chain of the database of BATCH_DATABASE_URL (or the embedded one); exit code 1 = it is broken'
    )
    .option(
      '--noted <head>',
      'a head that an earlier verify printed, kept elsewhere: is it still in the chain?'
    )
    .action(({ noted }: { noted?: string }) => locally(() => verify(noted)))
  return audit
}

async function verify(noted: string | undefined): Promise<void> {
  const head = noted === undefined ? undefined : headOf(noted)
  const { readConfig } = await import('../../config/config.ts')
  const config = readConfig()
  const postgres = config.BATCH_DATABASE_URL === null ? await embedded(config.BATCH_DATA_DIR) : null
  try {
    await verifyIn(config.BATCH_DATABASE_URL ?? postgres!.url, head)
  } finally {
    await postgres?.stop()
  }
}

async function verifyIn(url: string, noted: Head | undefined): Promise<void> {
  const { openDatabase } = await import('../../store/database.ts')
  const { verifyAudit } = await import('../../store/audit.ts')
  const session = { url, applicationName: 'batchyard audit', statementTimeoutSeconds: 60 }
  const db = openDatabase({ ...session, connections: 1 })
  try {
    const { firstBad, head, unchained, hasNoted } = await verifyAudit(db, noted)
    if (firstBad === null) console.log(`The audit is as it was written: ${entries(head.number)}.`)
    else console.log(`The audit was changed: entry ${firstBad} is not what was written, or is missing.`)
    if (!hasNoted)
      console.log(
        `The head that was noted (entry ${noted!.number}) is not in it: its end was cut off, or it was made anew.`
      )
    if (unchained > 0) console.log(`Not chained yet, and not protected: ${entries(unchained)}.`)
    console.log(`Head: ${head.number}:${head.hash}`)
    if (firstBad !== null || !hasNoted) process.exitCode = 1
  } finally {
    await db.destroy()
  }
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`
}

function headOf(text: string): Head {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text.trim()) ?? []
  if (number === undefined || hash === undefined)
    throw new CliError(
      EXIT.badValue,
      `--noted: ${JSON.stringify(text)} is no head as verify prints it (number:hash).`
    )
  return { number: Number(number), hash: hash.toLowerCase() }
}

async function embedded(dataDir: string) {
  const { pino } = await import('pino')
  const { startEmbeddedPostgres } = await import('../../store/embedded/embedded-postgres.ts')
  return await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
}
