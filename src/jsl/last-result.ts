// Jobs run again and again with the same values: what was made of a JSL with them last is handed out again.
import { hash } from 'node:crypto'
import type { JobSource } from './job-source.ts'

/**
 * `make` again only for another source or other values; what it gives must be frozen, and is kept as long as the source is. Of the
 * values a hash is kept: they may be secrets.
 */
export function rememberLast<Values, Result>(
  make: (source: JobSource, values: Values) => Result
): (source: JobSource, values: Values) => Result {
  const last = new WeakMap<JobSource, { readonly key: string; readonly result: Result }>()
  return (source, values) => {
    const key = hash('sha256', JSON.stringify(values), 'base64')
    const known = last.get(source)
    if (known?.key === key) return known.result
    const result = make(source, values)
    last.set(source, { key, result })
    return result
  }
}
