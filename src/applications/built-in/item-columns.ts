// The values of an item by column; without it each writer would find its own answer to a key that is no column.

export type Columns = readonly string[]

/** The keys of the first item, where no property names the columns. @throws Error for what has no keys */
export function columnsOf(item: unknown): Columns {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new Error('Items that are no objects have no names: the property columns must name their columns.')
  return Object.keys(item)
}

/**
 * `strict`: the columns came from another item, so a key that is none of them would be lost silently.
 * @throws Error for an array of another length, for what is neither object nor array, and naming a key that would be lost
 */
export function rowOf(item: unknown, columns: Columns, strict: boolean): readonly unknown[] {
  if (typeof item !== 'object' || item === null)
    throw new Error(`An item must be an object or an array, not ${item === null ? 'null' : typeof item}.`)
  if (Array.isArray(item)) {
    if (item.length !== columns.length)
      throw new Error(`An item has ${item.length} values for ${columns.length} columns.`)
    return item as unknown[]
  }
  const values = item as Readonly<Record<string, unknown>>
  if (strict) {
    const lost = Object.keys(values).find(key => !columns.includes(key))
    if (lost !== undefined)
      throw new Error(
        `An item has ${lost}, which the first item had not; the property columns names all columns.`
      )
  }
  return columns.map(column => (Object.hasOwn(values, column) ? values[column] : undefined))
}
