// Without this program no test could kill a server: it starts the embedded database of a data directory, tells its parent, and lives on.
import pg from 'pg'
import { startEmbeddedPostgres } from '../../../src/store/embedded/embedded-postgres.ts'

const [dataDir = '', settings = '{}'] = process.argv.slice(2)
const said: string[] = []
const note = (message: string): unknown => said.push(message)

try {
  const extraSettings = JSON.parse(settings) as Record<string, string>
  const { pid, port, url, version, stop } = await startEmbeddedPostgres({
    dataDir,
    log: { info: note, warn: note },
    fsync: false,
    extraSettings
  })
  process.send?.({ pid, port, url, version, said })
  process.on('disconnect', () => process.exit())
  // As a server does: its last statements first, then its database.
  process.once('SIGINT', async () => {
    const client = new pg.Client({ connectionString: url })
    const answer = await client.connect().then(
      () => client.query('select 1').then(() => client.end()),
      (error: unknown) => String(error)
    )
    await stop()
    process.send?.({ interrupted: answer ?? 'answered' }, () => process.exit())
  })
} catch (error) {
  process.send?.({ refused: String(error), said }, () => process.exit(1))
}
