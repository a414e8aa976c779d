// `sqlReader`: the rows of a query through a cursor on a session of its own, restarted behind the last key or row.
import Cursor from 'pg-cursor'
import type { Injected, ItemReader } from '../../batch/artifacts.ts'
import { ReaderEndedError } from '../../batch/reader-ended-error.ts'
import { checkNames, numberOf, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { choiceOf, namesOf, valuesOf } from './list-properties.ts'
import { AGAIN, bare, keyedQuery } from './sql-query.ts'
import { openSession, REPOSITORY, type SqlSession } from './sql-session.ts'

const NAMES = ['sql', 'parameters', 'connection', 'fetchSize', 'key', 'isolation']

type Row = Record<string, unknown>

interface SqlCheckpoint {
  readonly rows: number
  /** Of the last row read; `null` without the property `key`, and before the first row. */
  readonly key: readonly unknown[] | null
}

/**
 * Properties: `sql`; `parameters` ($1 …: a JSON array, or texts parted by commas); `connection` (repository); `fetchSize` (1000);
 * `key` (columns that are unique and not null together); `isolation` (read-committed, repeatable-read). Items are objects by
 * column. Reads in a session of its own: it sees what others committed when the query began, and nothing of its own chunk.
 */
export function sqlReader(setting: BuiltInSetting): new (injected: Injected) => ItemReader {
  return class extends SqlReader {
    constructor(injected: Injected) {
      super(setting, injected)
    }
  }
}

class SqlReader implements ItemReader<Row, SqlCheckpoint> {
  readonly #setting: BuiltInSetting
  readonly #injected: Injected
  #session: SqlSession | null = null
  #cursor: Cursor<Row> | null = null
  #fetchSize = 0
  #key: readonly string[] | null = null
  #lastKey: readonly unknown[] | null = null
  #read = 0
  #rows: Row[] = []
  #next = 0
  #broken: unknown = null

  constructor(setting: BuiltInSetting, injected: Injected) {
    this.#setting = setting
    this.#injected = injected
  }

  async open(checkpoint: SqlCheckpoint | null): Promise<void> {
    await this.close()
    const { properties } = this.#injected
    checkNames('sqlReader', properties, NAMES)
    const sql = textOf(properties, 'sql')
    const parameters = valuesOf(properties, 'parameters')
    this.#fetchSize = numberOf(properties, 'fetchSize', { min: 1, max: 100_000, absent: 1000 })
    this.#key = namesOf(properties, 'key')
    const isolation = choiceOf(properties, 'isolation', ['read-committed', 'repeatable-read'])
    const after = this.#key === null ? null : (checkpoint?.key ?? null)
    this.#lastKey = after
    this.#read = checkpoint?.rows ?? 0
    this.#broken = null
    const connection = properties['connection'] ?? REPOSITORY
    this.#session = await openSession(this.#setting, this.#injected, connection)
    const { client } = this.#session
    await client.query(`begin isolation level ${isolation.replace('-', ' ')} read only`)
    const text =
      this.#key === null ? bare(sql) : keyedQuery(sql, this.#key, parameters.length, after !== null)
    this.#cursor = client.query(new Cursor<Row>(text, [...parameters, ...(after ?? [])]))
    if (after !== null) await this.#passKey()
    else if (this.#key === null) await this.#passRows(this.#read)
  }

  readItem(): Row | null | Promise<Row | null> {
    const row = this.#rows[this.#next]
    return row === undefined ? this.#later() : this.#take(row)
  }

  async #later(): Promise<Row | null> {
    if (this.#broken !== null)
      throw new ReaderEndedError('The query of the reader ended with an error.', { cause: this.#broken })
    if (!(await this.#fetch())) return null
    return this.#take(this.#rows[0]!)
  }

  #take(row: Row): Row {
    this.#next++
    if (this.#key !== null) this.#checkKey(row, this.#key)
    this.#read++
    return row
  }

  /** A key that is not unique would lose the rows behind a checkpoint that have it too: better no row than a part of them. */
  #checkKey(row: Row, key: readonly string[]): void {
    const again = row[AGAIN] === true
    delete row[AGAIN]
    const values = key.map(name => row[name])
    if (values.some(value => value === null || value === undefined))
      throw this.#ended(`A row has no ${key.join(', ')}: the columns of the property key must not be null.`)
    if (again || (this.#lastKey !== null && values.every((value, at) => same(value, this.#lastKey![at]))))
      throw this.#ended(
        `More than one row has the ${key.join(', ')} ${values.map(String).join(', ')}: the columns of the property key must be unique.`
      )
    this.#lastKey = values
  }

  #ended(message: string): Error {
    return new ReaderEndedError(message)
  }

  /** `false` = no more rows. */
  async #fetch(): Promise<boolean> {
    if (this.#cursor === null) return false
    this.#next = 0
    try {
      this.#rows = await this.#cursor.read(this.#fetchSize)
    } catch (cause) {
      this.#rows = []
      this.#broken = cause
      throw new Error(`The rows of the query cannot be read: ${(cause as Error).message}.`, { cause })
    }
    return this.#rows.length > 0
  }

  /** The row with the checkpoint's key comes first, if it is still there. */
  async #passKey(): Promise<void> {
    if (!(await this.#fetch())) return
    if (this.#rows[0]![AGAIN] === true) this.#next = 1
  }

  async #passRows(count: number): Promise<void> {
    for (let passed = 0; passed < count; passed += this.#next) {
      if (!(await this.#fetch()))
        throw new Error(`${count} rows were read before, but the query has ${passed} now.`)
      this.#next = Math.min(this.#rows.length, count - passed)
    }
  }

  checkpointInfo(): SqlCheckpoint {
    return { rows: this.#read, key: this.#lastKey }
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = this.#cursor = null
    this.#rows = []
    this.#next = 0
    await session?.close()
  }
}

function same(one: unknown, other: unknown): boolean {
  return (
    one === other ||
    (one !== null && typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))
  )
}
