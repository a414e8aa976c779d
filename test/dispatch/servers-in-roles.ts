// Servers of one database in the roles a test gives them, each a process of its own, and a gate that holds their threads.
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Test } from 'tap'
import { batchClient, type BatchClient, type Json } from '../support/batch-client.ts'
import { serverPlace, type ServerPlace, type ServerProcess, startServer } from '../support/server-process.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

export interface RoleServer extends BatchClient {
  readonly process: ServerProcess
  /** Below /api/v1; an object body is sent as JSON. */
  api(method: string, path: string, body?: object): Promise<{ status: number; json: Json }>
}

export interface Gate {
  /** The job parameter. */
  readonly file: string
  open(): Promise<void>
}

export interface Place extends ServerPlace {
  /** Server ids end with it; logs and data are its own. */
  start(name: string, environment?: Readonly<Record<string, string>>): Promise<RoleServer>
  gate(): Promise<Gate>
}

export async function placeOf(t: Test): Promise<Place> {
  const place = await serverPlace(t)
  const apps = path.join(place.directory, 'apps')
  await mkdir(apps)
  for (const name of ['gated', 'lingering'])
    await symlink(path.join(APPLICATIONS, name), path.join(apps, name))
  return {
    ...place,
    async start(name, environment = {}) {
      const own = path.join(place.directory, name)
      const process = await startServer(t, place, {
        BATCH_SERVER_ID: name,
        BATCH_DATA_DIR: path.join(own, 'data'),
        BATCH_APPS_DIR: environment['BATCH_ROLE'] === 'dispatcher' ? path.join(own, 'none') : apps,
        BATCH_THREADS: '1',
        BATCH_LEASE_SECONDS: '20',
        ...environment
      })
      const api: RoleServer['api'] = async (method, url, body) => {
        const answer = await fetch(`${process.url}/api/v1${url}`, {
          method,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
        })
        return { status: answer.status, json: (await answer.json()) as Json }
      }
      return { ...batchClient(process), process, api }
    },
    async gate() {
      const file = path.join(await mkdtemp(path.join(place.directory, 'gate-')), 'open')
      return { file, open: () => writeFile(file, '') }
    }
  }
}

/** `second` of `host/data/second`. */
export function nameOf({ serverId }: { readonly serverId: string }): string {
  return serverId.split('/').at(-1)!
}
