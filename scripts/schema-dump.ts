// `npm run db:dump` writes migrations/schema.sql, the schema all migrations come to; with --check it only compares.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openDatabase } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { dumpSchema } from '../src/store/schema-dump.ts'
import { firstDifference } from './first-difference.ts'
import { withScratchDatabase } from './scratch-database.ts'

const FILE = new URL('../migrations/schema.sql', import.meta.url)

const HEAD = `-- What the migrations come to: the schema \`batchyard\`, printed from PostgreSQL's catalogue by \`npm run db:dump\`.
-- For readers; no program runs it. \`npm run check\` compares it.
`

async function migratedSchema(): Promise<string> {
  return await withScratchDatabase(async url => {
    await migrate(url)
    const session = { url, applicationName: 'batchyard schema-dump', statementTimeoutSeconds: 60 }
    const db = openDatabase({ ...session, connections: 1 })
    try {
      return `${HEAD}\n${await dumpSchema(db)}`
    } finally {
      await db.destroy()
    }
  })
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const schema = await migratedSchema()
if (!values.check) await writeFile(FILE, schema)
else {
  const difference = firstDifference(await readFile(FILE, 'utf8'), schema)
  if (difference !== null) {
    console.error(
      `migrations/schema.sql is not what the migrations make; run npm run db:dump.\n${difference}`
    )
    process.exitCode = 1
  }
}
