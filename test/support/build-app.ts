// A whole server in the test's process, on a database of its own: real PostgreSQL, real threads, the sample applications.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import './contract.ts'
import { createDatabase, type Teardown, type TestDatabase } from './database.ts'

export interface TestApp extends App {
  readonly database: TestDatabase
  /** Of data, job logs and whatever the test keeps; removed at the end. */
  readonly directory: string
}

/** Started, listening on a free port of 127.0.0.1; `environment` adds settings or overrides them. */
export async function buildApp(
  t: Teardown,
  environment: Readonly<Record<string, string>> = {}
): Promise<TestApp> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-app-')))
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  const database = await createDatabase(t)
  const config = readConfig({
    BATCH_PORT: '0',
    BATCH_DATABASE_URL: database.url,
    BATCH_DATA_DIR: directory,
    BATCH_JOBLOG_DIR: path.join(directory, 'joblogs'),
    BATCH_APPS_DIR: path.resolve(import.meta.dirname, '../../jsl-samples'),
    BATCH_TIME_ZONE: 'UTC',
    BATCH_SHUTDOWN_SECONDS: '5',
    // Fewer than by default: files of tests run side by side, and each thread has to be started.
    BATCH_THREADS: '4',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    ...environment
  })
  const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })
  const app = await createApp(config, log, () => {
    throw new Error('the server of this test was declared dead')
  })
  t.teardown(() => app.stop())
  await app.start()
  return { ...app, database, directory }
}
