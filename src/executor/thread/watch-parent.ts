// A child process must not outlive its server: without this a kill -9 of the server leaves job code running that a recovery starts again elsewhere.
import { Worker } from 'node:worker_threads'

const EVERY_MS = 500

// A thread of its own: the main one may sit in an endless loop of job code. SIGKILL, because nothing else reaches such a loop.
const WATCH = `
const { workerData } = require('node:worker_threads')
setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL')
}, workerData.everyMs)`

/** Ends this process at once when the parent goes: by the closed channel, or by its process id, whatever killed it. */
export function watchParent(exit: (code: number) => never): void {
  const parent = process.ppid
  process.on('disconnect', () => exit(0))
  // A Ctrl-C at the terminal reaches the whole group, and systemd's SIGTERM all processes of a service: the server decides what becomes of its units.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {})
  const watch = new Worker(WATCH, {
    eval: true,
    workerData: { parent, everyMs: EVERY_MS },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 }
  })
  watch.unref()
}
