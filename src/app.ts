// Composition root: builds each room once, in order, and hands back how to start and to stop the server.
import { hostname } from 'node:os'
import path from 'node:path'
import type { Logger } from 'pino'
import { findApplication } from './applications/application.ts'
import { createApplicationCatalogue } from './applications/application-catalogue.ts'
import { jobXMLNames, readJobXML } from './applications/job-xml.ts'
import { builtInLimits } from './applications/built-in/built-in-limits.ts'
import { SECRET_WORDS } from './batch/secret-parameters.ts'
import { createBulk } from './bulk/create-bulk.ts'
import type { Config } from './config/config.ts'
import { createDispatch, newIncarnation } from './dispatch/dispatch.ts'
import { createHttp } from './http/app.ts'
import type { HttpApp } from './http/http-app.ts'
import { plainListener } from './http/tls.ts'
import { JOB_LOG_LIMITS } from './joblog/job-log-writer.ts'
import { createJslCheck } from './operator/check-jsl.ts'
import { createJobOperator } from './operator/create-job-operator.ts'
import { createEventFeed } from './operator/event-feed.ts'
import type { JobOperator } from './operator/job-operator.ts'
import { watchEvents } from './operator/watch-events.ts'
import { openSecurity } from './security/open-security.ts'
import { systemClock } from './service/clock.ts'
import { checkConnectionBudget, LONG_CONNECTIONS, POOL_CONNECTIONS } from './store/connection-budget.ts'
import { openDatabase } from './store/database.ts'
import { startEmbeddedPostgres } from './store/embedded/embedded-postgres.ts'
import { jobXMLs as createJobXMLs } from './store/job-xml.ts'
import { migrate } from './store/migrate.ts'

export interface App {
  readonly http: HttpApp
  readonly operator: JobOperator
  /** Where it listens, e.g. `http://127.0.0.1:9080`; after start. */
  address(): string
  databaseUrl(): string
  /** Resolves when it is ready. What was begun is stopped again when it rejects. */
  start(): Promise<void>
  /** No new work, then in order down; safe twice. */
  stop(): Promise<void>
  /** One round of what runs by itself: for tests. */
  tick(): Promise<void>
}

/** `onFatal`: this server cannot go on (declared dead by another, or its database ended); the process must exit. */
export async function createApp(
  config: Config,
  log: Logger,
  onFatal: (reason: string) => void
): Promise<App> {
  const stops: (() => Promise<void>)[] = []
  const releaseAll = async () => {
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop()
  }
  try {
    return await build(config, log, onFatal, stops, releaseAll)
  } catch (error) {
    await releaseAll()
    throw error
  }
}

async function build(
  config: Config,
  log: Logger,
  onFatal: (reason: string) => void,
  stops: (() => Promise<void>)[],
  releaseAll: () => Promise<void>
): Promise<App> {
  const security = await openSecurity(config, log, systemClock)
  const scheme = security.certificate === null ? 'http' : 'https'
  const databaseUrl = config.BATCH_DATABASE_URL ?? (await embeddedDatabase(config, log, onFatal, stops))
  await migrate(databaseUrl)

  const { incarnation, sessionName } = newIncarnation()
  const session = {
    url: databaseUrl,
    applicationName: sessionName,
    statementTimeoutSeconds: config.BATCH_STATEMENT_TIMEOUT_SECONDS
  }
  const db = openDatabase({ ...session, connections: POOL_CONNECTIONS })
  stops.push(() => db.destroy())
  await checkConnectionBudget(db, config.BATCH_THREADS)
  const lifeDb = openDatabase({ ...session, connections: 1 })
  stops.push(() => lifeDb.destroy())

  const jobXMLs = createJobXMLs(db)
  const catalogue = createApplicationCatalogue(config.BATCH_APPS_DIR, systemClock)
  const systemProperties = {
    ...config.BATCH_SYSTEM_PROPERTIES,
    'batchyard.database.url': databaseUrl,
    'batchyard.data.dir': config.BATCH_DATA_DIR
  }
  const secretWords = config.BATCH_SECRET_PARAMETERS ?? SECRET_WORDS
  const builtIn = {
    connections: { ...config.BATCH_CONNECTIONS, repository: databaseUrl },
    inlineFolders: config.BATCH_INLINE_FOLDERS ?? [],
    inlineURLs: config.BATCH_INLINE_URLS ?? [],
    inlineConnections: config.BATCH_INLINE_CONNECTIONS ?? [],
    shell: config.BATCH_SHELL,
    shellEnvironment: config.shellEnvironment
  }
  let address = ''
  let phase: 'starting' | 'ready' | 'stopping' = 'starting'

  const dispatch = createDispatch({
    db,
    lifeDb,
    session,
    jobXMLs,
    applications: () => catalogue.applications(),
    server: {
      incarnation,
      serverId: config.serverId,
      address: () => config.BATCH_PUBLIC_URL ?? address,
      restUrl: () => `${config.BATCH_PUBLIC_URL?.replace(/\/+$/, '') ?? address}/ibm/api/batch`
    },
    threads: config.BATCH_THREADS,
    maxThreads: config.BATCH_MAX_THREADS,
    host: {
      isolation: config.BATCH_ISOLATION,
      heapMB: config.BATCH_THREAD_HEAP_MB,
      environment: { NODE_ENV: 'production', TZ: config.BATCH_TIME_ZONE },
      compileCache: path.join(config.BATCH_DATA_DIR, 'compile-cache'),
      output: text => log.info({ output: text }, 'printed by an executor thread outside of a unit')
    },
    jobLog: { jobLogRoot: config.BATCH_JOBLOG_DIR, jobLogLimits: JOB_LOG_LIMITS },
    builtIn,
    secretWords,
    timeZone: config.BATCH_TIME_ZONE,
    systemProperties,
    leaseSeconds: config.BATCH_LEASE_SECONDS,
    recovery: config.BATCH_RECOVERY,
    stopGraceSeconds: config.BATCH_STOP_GRACE_SECONDS,
    log,
    onDead: () => onFatal('another server declared this one dead: it did not renew its lease in time')
  })

  const requireApplication = async (application: string) => {
    await findApplication(config.BATCH_APPS_DIR, application)
  }
  const operator = createJobOperator({
    db,
    jobXMLs,
    checkJsl: createJslCheck(),
    packagedJsl: async (application, jobXMLName) =>
      await readJobXML(await findApplication(config.BATCH_APPS_DIR, application), jobXMLName),
    applications: () => catalogue.applications(),
    jobXMLNames,
    artifactNames: application => dispatch.artifactNames(application),
    requireApplication,
    systemProperties,
    statementTimeoutSeconds: config.BATCH_STATEMENT_TIMEOUT_SECONDS,
    caps: config.BATCH_CAPS ?? {},
    operationGroups: config.BATCH_OPERATION_GROUPS ?? {},
    secretWords,
    jobLogRoot: config.BATCH_JOBLOG_DIR,
    incarnation,
    serverId: config.serverId,
    wake: () => dispatch.wake(),
    stopRequested: executionId => dispatch.stopRequested(executionId),
    pauseRequested: executionId => dispatch.pauseRequested(executionId),
    executionEnded: executionId => dispatch.executionEnded(executionId),
    stopping: () => phase === 'stopping'
  })

  const longDb = openDatabase({ ...session, statementTimeoutSeconds: 0, connections: LONG_CONNECTIONS })
  stops.push(() => longDb.destroy())
  const bulk = createBulk({
    db,
    longDb,
    operator,
    limits: builtInLimits(builtIn, config.BATCH_DATA_DIR),
    requireApplication,
    operationGroups: config.BATCH_OPERATION_GROUPS ?? {},
    secretWords,
    clock: systemClock,
    incarnation,
    log
  })

  const feed = createEventFeed(db)
  const http = createHttp({
    operator,
    bulk: bulk.operator,
    watchEvents: (watch, caller) => watchEvents({ db, feed, secretWords }, watch, caller),
    log,
    readiness: () => ({ ready: phase === 'ready', reason: `the server is ${phase}` }),
    address: `${scheme}://${config.BATCH_HOST}:${config.BATCH_PORT}`,
    publicUrl: config.BATCH_PUBLIC_URL,
    timeZone: config.BATCH_TIME_ZONE,
    jobLogDir: config.BATCH_JOBLOG_DIR,
    localOnly: security.authentication === null,
    ...security
  })
  const plain = config.BATCH_HTTP_PORT === null ? null : plainListener(http)

  return {
    http,
    operator,
    address: () => address,
    databaseUrl: () => databaseUrl,
    async start() {
      stops.push(() => http.close())
      const host = config.BATCH_HOST.replace(/^\[(.*)\]$/, '$1')
      address = reachable(await http.listen({ host, port: config.BATCH_PORT }), host)
      if (plain !== null)
        log.info({ address: await plain.listen(host, config.BATCH_HTTP_PORT!) }, 'plain HTTP too')
      stops.push(() => dispatch.stop(config.BATCH_SHUTDOWN_SECONDS))
      await dispatch.start()
      stops.push(() => bulk.mover.stop())
      bulk.mover.start()
      phase = 'ready'
      log.info({ address, serverId: config.serverId, incarnation, threads: config.BATCH_THREADS }, 'ready')
    },
    async stop() {
      phase = 'stopping'
      await releaseAll()
    },
    async tick() {
      await dispatch.tick()
      await bulk.mover.tick()
    }
  }
}

/** To others a wildcard address says nothing: the name of this machine stands in for it (BATCH_PUBLIC_URL overrides it). */
function reachable(address: string, host: string): string {
  if (!/^(0\.0\.0\.0|::)$/.test(host)) return address
  const url = new URL(address)
  return `${url.protocol}//${hostname()}:${url.port}`
}

async function embeddedDatabase(
  config: Config,
  log: Logger,
  onFatal: (reason: string) => void,
  stops: (() => Promise<void>)[]
): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    dataDir: config.BATCH_DATA_DIR,
    log,
    onEnd: error => onFatal(error.message)
  })
  stops.push(() => postgres.stop())
  return postgres.url
}
