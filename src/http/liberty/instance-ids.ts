// The grammar of `jobInstanceId` in a query. What cannot be read is refused, never taken for "no filter": a purge reads it too.
import { BatchError } from '../../batch/batch-error.ts'
import type { InstanceIds } from '../../operator/search.ts'

const MOST = 2n ** 63n - 1n

/** `a:b`, `<n`, `>n` (all inclusive), `a,b,c` or one id; looked for in this order, nothing is trimmed. */
export function instanceIdsOf(text: string): InstanceIds {
  if (text.includes(':')) {
    // Further parts are overlooked, as in the product.
    const [first = '', last = ''] = text.split(':')
    return { kind: 'range', first: idOf(first, text), last: idOf(last, text) }
  }
  if (text.includes('<')) return { kind: 'range', first: 0, last: idOf(text.slice(1), text) }
  if (text.includes('>'))
    return { kind: 'range', first: idOf(text.slice(1), text), last: Number.MAX_SAFE_INTEGER }
  const parts = text.replace(/,+$/, '').split(',')
  return { kind: 'list', instanceIds: parts.map(part => idOf(part, text)) }
}

/** Beyond what we give out, the greatest number that is exact: no instance has it. */
function idOf(digits: string, text: string): number {
  const id = /^\d{1,40}$/.test(digits) ? BigInt(digits) : null
  if (id === null || id > MOST) {
    const asked = JSON.stringify(text.slice(0, 60).toWellFormed())
    throw new BatchError('ParameterInvalid', [
      'jobInstanceId',
      `${asked} is neither an id, nor ids with commas between, nor first:last, nor <id or >id.`
    ])
  }
  return Number(id > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : id)
}
