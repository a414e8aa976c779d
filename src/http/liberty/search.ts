// What a list of job instances is asked for: the one place that knows the query parameters and in which version they count.
import { BatchError } from '../../batch/batch-error.ts'
import type { Paging } from '../../operator/job-operator.ts'
import { firstValue, type Query } from './query.ts'

const DEFAULT_PAGE_SIZE = 50
export const MOST_PAGE_SIZE = 10_000
/** The product's numbers have 32 bits; with 10,000 rows a page, the first row's number is still an exact one. */
const MOST_PAGE = 2 ** 31 - 1

export interface JobInstanceSearch {
  readonly paging: Paging
}

export function searchOf(query: Query): JobInstanceSearch {
  // `pagesize` is in Liberty's documentation, though the product ignores it.
  const sizeName =
    query['pageSize'] === undefined && query['pagesize'] !== undefined ? 'pagesize' : 'pageSize'
  return {
    paging: {
      page: numberOf(query, 'page', 0, 0, MOST_PAGE),
      pageSize: numberOf(query, sizeName, DEFAULT_PAGE_SIZE, 1, MOST_PAGE_SIZE)
    }
  }
}

function numberOf(query: Query, name: string, fallback: number, least: number, most: number): number {
  const text = firstValue(query, name)
  if (text === null) return fallback
  const value = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) {
    const asked = JSON.stringify(text.slice(0, 60).toWellFormed())
    throw new BatchError('ParameterInvalid', [
      name,
      `${asked} is not a whole number from ${least} to ${most}.`
    ])
  }
  return value
}
