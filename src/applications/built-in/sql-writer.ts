// `sqlWriter`: a chunk's items into a table, inside the transaction that has the checkpoint: exactly once, whatever is killed.
import type { Injected, ItemWriter } from '../../batch/artifacts.ts'
import { columnText } from '../../service/column-text.ts'
import { checkNames, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { type Columns, rowOf } from './item-columns.ts'
import { choiceOf, namesOf } from './list-properties.ts'
import { namedStatement } from './named-parameters.ts'
import { REPOSITORY } from './sql-session.ts'
import { checkColumns, insertStatement, type SqlTable, sqlTable } from './sql-table.ts'

const NAMES = ['table', 'columns', 'mode', 'key', 'sql']

/**
 * Properties: `table` (or schema.table), `columns`, `mode` = insert (default), upsert (with `key`) or copy; or `sql`, a statement
 * with `:name` for each value, done once an item. Writes to the job repository's database, where the chunk's transaction is.
 */
export function sqlWriter(setting: BuiltInSetting): new (injected: Injected) => ItemWriter {
  return class extends SqlWriter {
    constructor(injected: Injected) {
      super(setting, injected)
    }
  }
}

class SqlWriter implements ItemWriter {
  readonly #setting: BuiltInSetting
  readonly #injected: Injected
  #write: (items: readonly unknown[]) => Promise<void> = async () => {}

  constructor(setting: BuiltInSetting, injected: Injected) {
    this.#setting = setting
    this.#injected = injected
  }

  async open(): Promise<void> {
    const { connection, properties } = this.#injected
    checkNames('sqlWriter', properties, NAMES)
    this.#setting.limits.connectionURL(REPOSITORY, this.#setting.inline)
    const columns = namesOf(properties, 'columns')
    if (properties['sql'] !== undefined) {
      const beside = ['table', 'mode', 'key'].find(name => properties[name] !== undefined)
      if (beside !== undefined) throw new Error(`The properties sql and ${beside} exclude each other.`)
      this.#write = items => this.#runEach(properties['sql']!, items, columns)
      return
    }
    const mode = choiceOf(properties, 'mode', ['insert', 'upsert', 'copy'])
    const key = namesOf(properties, 'key')
    if ((key === null) === (mode === 'upsert'))
      throw new Error('The property key belongs to mode upsert, which needs it.')
    const table = await sqlTable(connection, textOf(properties, 'table'))
    checkColumns(table, [...(columns ?? []), ...(key ?? [])])
    if (columns !== null && key?.some(name => !columns.includes(name)))
      throw new Error('The columns of the property key must be among those of columns.')
    this.#write = items => this.#writeTable(table, items, columns, mode === 'copy', key)
  }

  async writeItems(items: unknown[]): Promise<void> {
    if (items.length > 0) await this.#write(items)
  }

  async #writeTable(
    table: SqlTable,
    items: readonly unknown[],
    given: Columns | null,
    copies: boolean,
    key: Columns | null
  ): Promise<void> {
    const columns = given ?? keysOf(items)
    if (given === null) checkColumns(table, columns)
    const arrays = columns.map(column => table.types.get(column)!.isArray)
    const texts = items.map(item =>
      rowOf(item, columns, false).map((value, index) => columnText(value, arrays[index]))
    )
    const rows = key === null ? texts : lastOfEach(texts, key, columns)
    const { connection } = this.#injected
    if (copies) await connection.copy(textOf(this.#injected.properties, 'table'), columns, rows)
    else {
      const values = columns.map((_, index) => rows.map(row => row[index]!))
      await connection.query(insertStatement(table, columns, key), values)
    }
  }

  async #runEach(sql: string, items: readonly unknown[], columns: Columns | null): Promise<void> {
    const { text, names } = namedStatement(sql)
    for (const item of items) {
      const row = rowOf(item, columns ?? names, false)
      const values = columns === null ? row : names.map(name => row[columns.indexOf(name)])
      await this.#injected.connection.query(
        text,
        values.map(value => (Array.isArray(value) ? columnText(value, true) : columnText(value)))
      )
    }
  }
}

/** Of all items of the chunk; what an item lacks is NULL. */
function keysOf(items: readonly unknown[]): Columns {
  const keys = new Set<string>()
  for (const item of items) {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      throw new Error(
        'Items that are no objects have no names: the property columns must name their columns.'
      )
    for (const key of Object.keys(item)) keys.add(key)
  }
  return [...keys]
}

/** One statement updates a row once only: of the items with one key the last one stands, as if they came one by one. */
function lastOfEach<Text>(
  rows: readonly (readonly Text[])[],
  key: Columns,
  columns: Columns
): readonly (readonly Text[])[] {
  const at = key.map(name => columns.indexOf(name))
  if (at.includes(-1))
    throw new Error(`The items have no ${key[at.indexOf(-1)]}, which is of the property key.`)
  const last = new Map<string, readonly Text[]>()
  for (const row of rows) {
    const of = JSON.stringify(at.map(index => row[index]))
    // Taken out first: a Map keeps the place of the first one.
    last.delete(of)
    last.set(of, row)
  }
  return [...last.values()]
}
