// `keyRangeMapper`: cuts a range of whole numbers or days into one part for each partition, with no gap and no overlap.
import type { Injected, PartitionMapper, PartitionPlan } from '../../batch/artifacts.ts'
import { checkNames, numberOf, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { valuesOf } from './list-properties.ts'
import { openSession, REPOSITORY } from './sql-session.ts'

const NAMES = ['min', 'max', 'sql', 'parameters', 'connection', 'partitions', 'threads']

const DAY_MS = 86_400_000

/**
 * Properties: `min` and `max`, or `sql` whose one row gives them (with `parameters` and `connection`); `partitions` (4) and
 * `threads` (0 = as many as partitions). Partition n is given `partition`, `from` and `to`, both included. There are never more
 * partitions than keys; where there is no key (min > max, or null) there is one, from 1 to 0.
 */
export function keyRangeMapper(setting: BuiltInSetting): new (injected: Injected) => PartitionMapper {
  return class KeyRangeMapper implements PartitionMapper {
    readonly #injected: Injected

    constructor(injected: Injected) {
      this.#injected = injected
    }

    async mapPartitions(): Promise<PartitionPlan> {
      const { log, properties } = this.#injected
      checkNames('keyRangeMapper', properties, NAMES)
      const most = numberOf(properties, 'partitions', { min: 1, max: 10_000, absent: 4 })
      const threads = numberOf(properties, 'threads', { min: 0, max: 10_000, absent: 0 })
      const [min, max] = await this.#ends()
      const ranges = min === null || max === null ? [] : keyRanges(min, max, most)
      log.info(
        ranges.length === 0
          ? 'There is no key: one partition has an empty range.'
          : `${ranges[0]!.from} to ${ranges.at(-1)!.to} in ${ranges.length} partitions`
      )
      // Its range has no key in it, and is one all the same: a query with `between` finds nothing.
      const partitions = ranges.length === 0 ? [{ from: '1', to: '0' }] : ranges
      return {
        partitions: partitions.length,
        threads: Math.min(threads, partitions.length),
        // The table may have grown since: other ranges would leave out rows, or do them twice.
        keepProperties: true,
        partitionProperties: partitions.map((range, partition) => ({
          ...range,
          partition: String(partition)
        }))
      }
    }

    async #ends(): Promise<readonly [string | null, string | null]> {
      const { properties } = this.#injected
      const sql = properties['sql']
      if (sql === undefined) return [textOf(properties, 'min'), textOf(properties, 'max')]
      if (properties['min'] !== undefined || properties['max'] !== undefined)
        throw new Error('The property sql excludes min and max.')
      const session = await openSession(setting, this.#injected, properties['connection'] ?? REPOSITORY)
      try {
        const rows = await session.rows(sql, valuesOf(properties, 'parameters'))
        const [row] = rows
        if (rows.length !== 1 || row?.length !== 2)
          throw new Error(
            'The property sql must give one row with two columns, the least and the greatest key.'
          )
        return [textOrNull(row[0]), textOrNull(row[1])]
      } finally {
        await session.close()
      }
    }
  }
}

/** Equal parts, of which the first ones are greater by one; none when min > max. @throws Error for other kinds of keys */
export function keyRanges(
  min: string,
  max: string,
  most: number
): { readonly from: string; readonly to: string }[] {
  const [first, last] = [keyOf(min), keyOf(max)]
  if (first.isDay !== last.isDay) throw new Error(`${min} and ${max} are not keys of one kind.`)
  const text = (key: bigint) => (first.isDay ? dayText(key) : String(key))
  const keys = last.key - first.key + 1n
  if (keys <= 0n) return []
  const count = keys < BigInt(most) ? keys : BigInt(most)
  const [size, rest] = [keys / count, keys % count]
  return Array.from({ length: Number(count) }, (_, index) => {
    const n = BigInt(index)
    const from = first.key + n * size + (n < rest ? n : rest)
    return { from: text(from), to: text(from + size - (n < rest ? 0n : 1n)) }
  })
}

function keyOf(given: string): { readonly key: bigint; readonly isDay: boolean } {
  const text = given.trim()
  if (/^-?\d{1,40}$/.test(text)) return { key: BigInt(text), isDay: false }
  const millis = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (Number.isNaN(millis) || dayText(BigInt(millis / DAY_MS)) !== text)
    throw new Error(`A key must be a whole number or a day (2026-01-31), not ${text.slice(0, 100)}.`)
  return { key: BigInt(millis / DAY_MS), isDay: true }
}

function dayText(days: bigint): string {
  return new Date(Number(days) * DAY_MS).toISOString().slice(0, 10)
}

function textOrNull(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new Error('The property sql must give whole numbers or days.')
}
