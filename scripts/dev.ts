// `npm run dev`: a database, a server that starts again when a source changes, and a curl to paste once it is ready.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { ConfigInvalid, readConfig } from '../src/config/config.ts'
import { EmbeddedPostgresError } from '../src/store/embedded/embedded-postgres-error.ts'
import { postgresOf } from './postgres-of.ts'
import { ROOT, spawnTool } from './root.ts'

const WATCHED = ['src', 'migrations']

/** What a newcomer pastes: submit a sample, look at what became of it. */
function byHand(address: string): string {
  const batch = `${address}/ibm/api/batch`
  return `
Ready. In another terminal:

  curl -X POST ${batch}/jobinstances -H 'Content-Type: application/json' \\
    -d '{"applicationName":"SimpleBatchJob","jobXMLName":"test_batchlet_jsl","jobParameters":{"prop1":"hello"}}'
  curl ${batch}/jobinstances

Sources are watched; Ctrl-C ends server and database.
`
}

/** The address in the server's own line that says it is ready; `null` for every other line. */
function addressIn(line: string): string | null {
  try {
    const { msg, address } = JSON.parse(line) as { msg?: unknown; address?: unknown }
    return msg === 'ready' && typeof address === 'string' ? address : null
  } catch {
    return null // not every line that node --watch prints is JSON
  }
}

async function main(): Promise<void> {
  const config = readConfig(process.env, ROOT)
  const postgres = await postgresOf(config)
  try {
    const server = spawnTool(
      process.execPath,
      [...WATCHED.map(path => `--watch-path=${path}`), '--watch-preserve-output', 'src/main.ts'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        // The database stays up when the server starts again.
        env: { ...process.env, BATCH_DATABASE_URL: postgres.url, BATCH_LOG_LEVEL: 'info' }
      }
    )
    const ended = once(server, 'exit')
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        server.kill('SIGTERM')
      })
    let told = false
    const lines = createInterface({ input: server.stdout!, crlfDelay: Infinity })
    lines.on('line', line => {
      console.log(line)
      const address = addressIn(line)
      if (address !== null && !told) console.log(byHand(address))
      told ||= address !== null
    })
    await ended
  } finally {
    await postgres.stop()
  }
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigInvalid || error instanceof EmbeddedPostgresError
  console.error(known ? error.message : error)
  process.exitCode = 1
})
