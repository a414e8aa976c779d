// The process of a server, for `node src/main.ts` and for `batchyard serve` alike: configuration, app, listen, stop on signals.
import { enableCompileCache, flushCompileCache } from 'node:module'
import path from 'node:path'
import { readConfig } from '../../config/config.ts'
import { sentenceOf } from './sentence-of.ts'

/** Resolves when the server is ready, or could not be started: that is on standard error then, and in the exit code. */
export async function runServer(): Promise<void> {
  try {
    await start()
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`)
    process.exitCode = 1
  }
}

async function start(): Promise<void> {
  const config = readConfig()
  // Most of what a start takes is compiling: what comes after this line is compiled once for each version.
  enableCompileCache(path.join(config.BATCH_DATA_DIR, 'compile-cache'))
  const [{ pino }, { createApp }] = await Promise.all([import('pino'), import('../../app.ts')])
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
    // Not only at the end, which a server that is killed does not have.
    flushCompileCache()
  } catch (error) {
    // A start that is cut short by a signal is no fault.
    if (shutdown.done !== null) return await shutdown.done
    await app.stop()
    throw error
  }
}
