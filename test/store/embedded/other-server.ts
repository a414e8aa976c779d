// Without this program no test could kill a server: it starts the embedded database of a data directory, tells its parent, and lives on.
import { startEmbeddedPostgres } from '../../../src/store/embedded/embedded-postgres.ts'

const [dataDir = '', settings = '{}'] = process.argv.slice(2)
const said: string[] = []
const note = (message: string): unknown => said.push(message)

try {
  const extraSettings = JSON.parse(settings) as Record<string, string>
  const { pid, port, url, version } = await startEmbeddedPostgres({
    dataDir,
    log: { info: note, warn: note },
    fsync: false,
    extraSettings
  })
  process.send?.({ pid, port, url, version, said })
  process.on('disconnect', () => process.exit())
} catch (error) {
  process.send?.({ refused: String(error), said }, () => process.exit(1))
}
