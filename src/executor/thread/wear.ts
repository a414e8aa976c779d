// Whether a thread is worn: job code leaves things in it (caches, listeners), and the heap of a thread has an end.
import { getHeapSpaceStatistics } from 'node:v8'

/** Units between two looks: garbage counts as used, so that one look after each large unit would end every thread. */
const UNITS_BETWEEN = 100

/** Of the heap that it may use. */
const WORN_FROM = 0.5

/** Asked after each unit: `true` where what is left of all of them has filled half of the heap, of so many MB. */
export function createWear(heapMB: number): () => boolean {
  let units = 0
  return () => ++units % UNITS_BETWEEN === 0 && oldBytes() > heapMB * 1024 * 1024 * WORN_FROM
}

/** What has outlived a collection of the young ones; only it counts against the limit of a heap. */
function oldBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((sum, { space_used_size: used }) => sum + used, 0)
}
