// The process of a server: configuration, app, listen, stop on signals. Nothing else.
import { pino } from 'pino'
import { createApp } from './app.ts'
import { ConfigInvalid, readConfig } from './config/config.ts'
import { DatabaseUnusable } from './store/migrate.ts'
import { EmbeddedPostgresError } from './store/embedded/embedded-postgres-error.ts'

async function main(): Promise<void> {
  const config = readConfig()
  const log = pino({ level: config.BATCH_LOG_LEVEL, base: { serverId: config.BATCH_SERVER_ID } })
  const app = await createApp(config, log, reason => {
    log.fatal(reason)
    process.exit(1)
  })

  const shutdown: { done: Promise<void> | null } = { done: null }
  const stop = (signal: string) => {
    if (shutdown.done !== null) return
    log.info({ signal }, 'stopping')
    shutdown.done = app.stop().then(
      () => {
        log.info('stopped')
        process.exitCode = 0
      },
      (error: unknown) => {
        log.fatal({ err: error }, 'could not stop in order')
        process.exit(1)
      }
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('unhandledRejection', error => {
    log.fatal({ err: error }, 'a fault nobody handled')
    process.exit(1)
  })
  try {
    await app.start()
  } catch (error) {
    // A start that is cut short by a signal is no fault.
    if (shutdown.done !== null) return await shutdown.done
    await app.stop()
    throw error
  }
}

main().catch((error: unknown) => {
  // What an administrator can mend is one sentence; anything else is a fault and shows where it is.
  const known =
    error instanceof ConfigInvalid ||
    error instanceof DatabaseUnusable ||
    error instanceof EmbeddedPostgresError ||
    (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  process.stderr.write(`${known ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode = 1
})
