// Reads a built-in reader to its end, errors of records among the items, as a step that skips them does.
import type { ItemReader } from '../../../src/batch/artifacts.ts'

/** Items, and the messages of errors; at most `most`, so that a reader that never ends fails its test. */
export async function allOf(reader: ItemReader, most = 10_000): Promise<unknown[]> {
  const found: unknown[] = []
  while (found.length < most) {
    try {
      const item = await reader.readItem()
      if (item === null || item === undefined) return found
      found.push(item)
    } catch (error) {
      found.push((error as Error).message)
    }
  }
  return found
}
