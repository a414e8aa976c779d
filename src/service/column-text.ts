// The text of a JavaScript value as PostgreSQL's types read it: COPY and statements must mean the same by one item.

/** `null` = NULL, also for undefined. `isArray`: the column is an array, else an array is JSON. @throws Error for a function or symbol */
export function columnText(value: unknown, isArray = false): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  if (typeof value !== 'object') throw new Error(`A ${typeof value} is no value of a column.`)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return isArray && Array.isArray(value) ? arrayText(value) : JSON.stringify(value)
}

/** A line of COPY's text format. */
export function copyLine(row: readonly unknown[], isArray: readonly boolean[] = []): string {
  let line = ''
  for (let index = 0; index < row.length; index++) {
    const text = columnText(row[index], isArray[index])
    if (index > 0) line += '\t'
    line += text === null ? '\\N' : escaped(text)
  }
  return `${line}\n`
}

/** Most texts have nothing to be escaped. */
function escaped(text: string): string {
  return /[\\\n\r\t]/.test(text) ? text.replaceAll(/[\\\n\r\t]/g, sign => ESCAPES[sign]!) : text
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function arrayText(values: readonly unknown[]): string {
  const elements = values.map(value => {
    const text = columnText(value, true)
    if (text === null) return 'NULL'
    return Array.isArray(value) ? text : `"${text.replaceAll(/["\\]/g, sign => `\\${sign}`)}"`
  })
  return `{${elements.join(',')}}`
}
