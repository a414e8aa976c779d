// Composition root: builds each room once, in order, and hands back how to start and to stop the server.
import type { Logger } from 'pino'
import { createInstalledApplications } from './applications/installed-applications.ts'
import { builtInLimits } from './applications/built-in/built-in-limits.ts'
import { SECRET_WORDS } from './batch/secret-parameters.ts'
import { createBulk } from './bulk/create-bulk.ts'
import type { Config } from './config/config.ts'
import { builtInSettings, systemProperties } from './config/job-surroundings.ts'
import { createDispatch, newIncarnation } from './dispatch/dispatch.ts'
import { createHttp } from './http/app.ts'
import type { HttpApp } from './http/http-app.ts'
import { reachable } from './http/reachable-address.ts'
import { plainListener } from './http/tls.ts'
import { JobLogSpaces } from './joblog/job-log-spaces.ts'
import { createJslCheck } from './operator/check-jsl.ts'
import { createJobOperator } from './operator/create-job-operator.ts'
import { createEventFeed } from './operator/event-feed.ts'
import type { JobOperator } from './operator/job-operator.ts'
import { createKnownApplications } from './operator/known-applications.ts'
import { createJobWhereabouts } from './operator/job-whereabouts.ts'
import { createReadFigures } from './operator/server-figures.ts'
import { watchEvents } from './operator/watch-events.ts'
import { startBulkRun } from './schedule/start-run.ts'
import { createScheduling } from './schedule/create-scheduling.ts'
import { openSecurity } from './security/open-security.ts'
import { systemClock } from './service/clock.ts'
import { ServerPhase } from './service/server-phase.ts'
import { checkConnectionBudget } from './store/connection-budget.ts'
import { startEmbeddedPostgres } from './store/embedded/embedded-postgres.ts'
import { jobXMLs as createJobXMLs } from './store/job-xml.ts'
import { migrate } from './store/migrate.ts'
import { openPools } from './store/pools.ts'

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
  const { BATCH_DATA_DIR: dataDir, BATCH_DATABASE_URL: givenUrl } = config
  const onEnd = (error: Error) => onFatal(error.message)
  const postgres = givenUrl === null ? await startEmbeddedPostgres({ dataDir, log, onEnd }) : null
  if (postgres !== null) stops.push(() => postgres.stop())
  const databaseUrl = givenUrl ?? postgres!.url
  await migrate(databaseUrl)

  const { incarnation, sessionName } = newIncarnation()
  const session = {
    url: databaseUrl,
    applicationName: sessionName,
    statementTimeoutSeconds: config.BATCH_STATEMENT_TIMEOUT_SECONDS
  }
  const pools = openPools(session)
  stops.push(() => pools.close())
  const { db, launchDb, lifeDb, longDb } = pools
  await checkConnectionBudget(db, config.BATCH_THREADS)

  // Of another pool than db: a submit within a transaction asks these, and must not wait for a connection that others like it hold.
  const jobXMLs = createJobXMLs(launchDb)
  const installed = createInstalledApplications(config.BATCH_APPS_DIR, systemClock, config.executor)
  const known = createKnownApplications({ db: launchDb, jobXMLs, installed, clock: systemClock })
  const secretWords = config.BATCH_SECRET_PARAMETERS ?? SECRET_WORDS
  const builtIn = builtInSettings(config, databaseUrl)
  let address = ''
  const phase = new ServerPhase()

  const logSpaces = new JobLogSpaces(config.BATCH_JOBLOG_DIR, config.jobLogSpace)
  const dispatch = createDispatch({
    db,
    launchDb,
    lifeDb,
    session,
    jobXMLs,
    installed,
    serverCaps: config.BATCH_SERVER_CAPS ?? {},
    server: {
      role: config.BATCH_ROLE,
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
      compileCache: config.compileCache,
      output: text => log.info({ output: text }, 'printed by an executor thread outside of a unit')
    },
    jobLog: { jobLogRoot: config.BATCH_JOBLOG_DIR, jobLogLimits: config.jobLogLimits },
    logSpaces,
    builtIn,
    secretWords,
    timeZone: config.BATCH_TIME_ZONE,
    systemProperties: systemProperties(config, databaseUrl),
    leaseSeconds: config.BATCH_LEASE_SECONDS,
    recovery: config.BATCH_RECOVERY,
    crashBudget: config.BATCH_CRASH_BUDGET,
    stopGraceSeconds: config.BATCH_STOP_GRACE_SECONDS,
    systemTask: (instanceId, task) => systemTask(instanceId, task),
    log,
    onDead: () => onFatal('another server declared this one dead: it did not renew its lease in time')
  })

  const self = {
    db,
    longDb,
    secretWords,
    incarnation,
    serverId: config.serverId,
    executorOnly: config.BATCH_ROLE === 'executor',
    jobLogRoot: config.BATCH_JOBLOG_DIR,
    statementTimeoutSeconds: config.BATCH_STATEMENT_TIMEOUT_SECONDS
  }
  const operator = createJobOperator({
    ...self,
    launchDb,
    jobXMLs,
    checkJsl: createJslCheck(),
    known,
    installed,
    artifactNames: application => dispatch.artifactNames(application),
    systemProperties: systemProperties(config, databaseUrl),
    caps: config.BATCH_CAPS ?? {},
    operationGroups: config.BATCH_OPERATION_GROUPS ?? {},
    logsFreed: logSpaces.counts ? bytes => logSpaces.freed(bytes) : null,
    seat: () => dispatch.seat(),
    wake: others => dispatch.wake(others),
    stopRequested: executionId => dispatch.stopRequested(executionId),
    pauseRequested: executionId => dispatch.pauseRequested(executionId),
    executionEnded: executionId => dispatch.executionEnded(executionId),
    stopping: () => phase.refuses
  })

  const bulk = createBulk({
    db,
    longDb,
    operator,
    startRun: (start, caller) => startBulkRun({ db, operator, secretWords }, start, caller),
    wakeDispatch: () => dispatch.wake(true),
    limits: builtInLimits(builtIn, config.BATCH_DATA_DIR),
    requireApplication: known.require,
    operationGroups: config.BATCH_OPERATION_GROUPS ?? {},
    secretWords,
    clock: systemClock,
    incarnation,
    log
  })

  const { scheduling, clock, systemTask } = createScheduling({
    ...self,
    operator,
    packagedJsl: known.packagedJsl,
    requireApplication: known.require,
    applications: known.names,
    dataDir,
    timeZone: config.BATCH_TIME_ZONE,
    endSeconds: config.BATCH_STOP_GRACE_SECONDS + config.BATCH_LEASE_SECONDS,
    wake: () => dispatch.wake(true),
    log
  })

  const feed = createEventFeed(db)
  const http = createHttp({
    operator,
    whereabouts: createJobWhereabouts(self),
    readFigures: createReadFigures({
      ...self,
      pools: { requests: db, launches: launchDb, life: lifeDb, long: longDb },
      dispatch: () => dispatch.figures()
    }),
    scheduling,
    bulk: bulk.operator,
    watchEvents: (watch, caller) => watchEvents({ db, feed, secretWords }, watch, caller),
    log,
    readiness: () => phase.readiness,
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
      stops.push(() => phase.noticed.then(() => http.close()))
      const host = config.BATCH_HOST.replace(/^\[(.*)\]$/, '$1')
      address = reachable(await http.listen({ host, port: config.BATCH_PORT }), host)
      if (plain !== null)
        log.info({ address: await plain.listen(host, config.BATCH_HTTP_PORT!) }, 'plain HTTP too')
      stops.push(() => dispatch.stop(config.BATCH_SHUTDOWN_SECONDS))
      await dispatch.start()
      stops.push(() => bulk.mover.stop())
      if (!self.executorOnly) bulk.mover.start()
      stops.push(() => clock.stop())
      if (!self.executorOnly) await clock.start()
      phase.ready()
      log.info({ address, serverId: config.serverId, incarnation, threads: config.BATCH_THREADS }, 'ready')
    },
    stop: () => phase.end(config.BATCH_DRAIN_NOTICE_SECONDS, releaseAll),
    async tick() {
      await dispatch.tick()
      await bulk.mover.tick()
      await clock.tick()
    }
  }
}
