// Packaged JSL as submits ask for it, again and again for the same: a text that has been read is read again when its file has changed.
import { statSync } from 'node:fs'
import type { Clock } from '../service/clock.ts'
import { LRUCache } from '../service/lru-cache.ts'
import { type Application, isAbsence } from './application.ts'
import { findJobXML, readJobXMLFile } from './job-xml.ts'

/** Texts kept; they are as many strings of which most are a few kilobytes. */
const TEXTS_KEPT = 200

/** After this it is looked again which of an application's folders has the file. */
const FRESH_MS = 1000

interface KnownText {
  readonly file: string
  readonly state: string
  readonly text: string
  readonly until: number
}

/** Rejects as `find`, which looks for an application, and `readJobXML` do. */
export function createPackagedJsl(
  find: (application: string) => Promise<Application>,
  clock: Clock
): (application: string, jobXMLName: string) => Promise<string> {
  const known = new LRUCache<string, KnownText>(TEXTS_KEPT)
  return async (application, jobXMLName) => {
    const key = JSON.stringify([application, jobXMLName])
    const last = known.get(key)
    if (last !== undefined && last.until > clock.now() && stateOf(last.file) === last.state) return last.text
    const file = await findJobXML(await find(application), jobXMLName)
    // Before it is read: what changes meanwhile is read again next time.
    const state = stateOf(file)
    const text = await readJobXMLFile(file, jobXMLName)
    if (state !== null) known.set(key, { file, state, text, until: clock.now() + FRESH_MS })
    return text
  }
}

/** Differs after every change; `null`: it is not there. At once: a way through the thread pool costs ten times as much. */
function stateOf(file: string): string | null {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch (error) {
    if (isAbsence(error)) return null
    throw error
  }
}
