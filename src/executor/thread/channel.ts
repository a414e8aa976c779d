// The way between a server and its executor thread, so that a worker thread and a child process are the same to both ends.
import { isMainThread, parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './messages.ts'

export interface Channel<In, Out> {
  /** Throws (DataCloneError) for what cannot be cloned. */
  post(message: Out): void
  listen(listener: (message: In) => void): void
}

/** Second argument of a forked executor process: a server may be a forked process too, so an IPC channel alone says nothing. */
export const PROCESS_MARK = 'executor-process'

/** The thread's end. Throws on the main thread of a server. */
export function threadChannel(): Channel<ToThread, FromThread> {
  if (!isMainThread && parentPort) {
    const port = parentPort
    return {
      post: message => port.postMessage(message),
      listen: listener => port.on('message', listener)
    }
  }
  if (process.send && process.argv[2] === PROCESS_MARK) {
    const send = process.send.bind(process)
    return {
      // Without a parent nobody listens any more, and this process ends with it.
      post: message => void (process.connected && send(message)),
      listen: listener => process.on('message', message => listener(message as ToThread))
    }
  }
  throw new Error('executor/thread/main.ts runs in an executor thread only, not in a server’s own')
}
