// Folders and injected values for the tests of this room.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Injected } from '../../src/batch/artifacts.ts'
import { noMetrics } from '../../src/batch/metrics.ts'

interface Teardown {
  teardown(what: () => Promise<void>): void
}

/** A directory with these files (path → content), removed after the test. */
export async function folderWith(
  t: Teardown,
  files: Readonly<Record<string, string | Uint8Array>>
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'batchyard-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content)
  }
  return directory
}

export function injectedWith(some: Partial<Injected> = {}): Injected {
  const refuse = () => {
    throw new Error('there is no chunk')
  }
  return {
    properties: {},
    jobContext: {
      jobName: 'job',
      instanceId: 7,
      executionId: 8,
      properties: {},
      batchStatus: 'STARTED',
      exitStatus: null,
      transientUserData: null
    },
    stepContext: {
      stepName: 'step1',
      stepExecutionId: 9,
      properties: {},
      batchStatus: 'STARTED',
      exitStatus: null,
      transientUserData: null,
      persistentUserData: null,
      exception: null,
      metrics: noMetrics()
    },
    jobParameters: {},
    log: { info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
    partitionNumber: null,
    get connection(): Injected['connection'] {
      return refuse()
    },
    get chunk(): Injected['chunk'] {
      return refuse()
    },
    ...some
  }
}
