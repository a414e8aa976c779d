// LISTEN and NOTIFY on one channel: how servers wake each other. A lost note costs seconds, never correctness: renewals and
// polls stand behind it (ENGINE E3, E6).
import type pg from 'pg'
import { createSession, type Database, rows, type SessionOptions } from './database.ts'

const CHANNEL = 'batchyard'

export type Notification =
  /** There is something READY. */
  | { readonly kind: 'ready' }
  /** Partitions of this parent ended, gave way or gave data, on another server than its own. */
  | { readonly kind: 'children'; readonly parentId: number; readonly partitions: readonly number[] }
  /** The parent gives way: its partitions on other servers are to do so too. */
  | { readonly kind: 'yield'; readonly parentId: number }
  /** What was taken from a server that lives is seen at its next renewal: it is to be now. */
  | { readonly kind: 'renew' }
  /** The units of this root are STOPPING. */
  | { readonly kind: 'stop'; readonly rootId: number }
  /** The execution is to yield, into a pause or to work of higher priority. */
  | { readonly kind: 'pause'; readonly executionId: number }
  /** Nothing of this execution has a unit any more: it was ended from outside. */
  | { readonly kind: 'ended'; readonly executionId: number }

/** Sent when the transaction commits. */
export async function notify(db: Database, notification: Notification): Promise<void> {
  await rows(db, 'select pg_notify(:channel, :payload)', {
    channel: CHANNEL,
    payload: JSON.stringify(notification)
  })
}

export interface Listener {
  close(): Promise<void>
}

/** Listens on a session of its own and comes back after a lost connection; `onNotification` also gets `ready` then. */
export async function listen(
  options: SessionOptions,
  onNotification: (notification: Notification) => void,
  onError: (error: unknown) => void
): Promise<Listener> {
  let closed = false
  let client: pg.Client | null = null
  let again: NodeJS.Timeout | null = null

  const connect = async () => {
    const session = createSession({ ...options, searchPath: null })
    session.on('error', error => {
      onError(error)
      lost(session)
    })
    session.on('end', () => lost(session))
    session.on('notification', message => {
      if (message.payload !== undefined) onNotification(JSON.parse(message.payload) as Notification)
    })
    await session.connect()
    await session.query(`listen ${CHANNEL}`)
    client = session
  }
  const lost = (session: pg.Client) => {
    if (closed || client !== session) return
    client = null
    const retry = () => {
      connect().then(
        () => onNotification({ kind: 'ready' }),
        error => {
          onError(error)
          if (!closed) again = setTimeout(retry, 1000)
        }
      )
    }
    again = setTimeout(retry, 200)
  }

  await connect()
  return {
    async close() {
      closed = true
      if (again !== null) clearTimeout(again)
      await client?.end()
    }
  }
}
