// Waits for an outcome that nobody announces: asked again and again, and given up with a sentence after a generous time.
import { setTimeout as delay } from 'node:timers/promises'

/** What `look` gives, once that is neither `false` nor null. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  seconds = 150
): Promise<Exclude<T, false | null | undefined>> {
  for (const deadline = performance.now() + seconds * 1000; ; await delay(15)) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined)
      return found as Exclude<T, false | null | undefined>
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
  }
}
