// How this room asks other servers of the same database for what lies on their disks: it knows no HTTP, so http/ hands it over.
import type { Readable } from 'node:stream'

export interface OtherServer {
  readonly serverId: string
  /** `http://host:port/ibm/api/batch`. */
  readonly restUrl: string
}

/** In the name of one caller. Each rejects with ServerUnreachable when there is no answer to work with. */
export interface AskServers {
  /** Resolves when the server would hand out what it has of this log. */
  checkLog(server: OtherServer, executionId: number): Promise<void>
  /** A part as it lies there, relative to the execution's folder; `null` = it is not there any more. */
  openPart(server: OtherServer, executionId: number, part: string): Promise<Readable | null>
  /** What it has of the logs of an instance. */
  deleteJobLogs(server: OtherServer, instanceId: number): Promise<void>
}

/** `address` as servers publish it. */
export function otherServer(serverId: string, address: string): OtherServer {
  return { serverId, restUrl: `${address.replace(/\/+$/, '')}/ibm/api/batch` }
}
