// Where the next page of a paged answer is; each API has its own way, and a reader that guessed would end early or never.
import { numberOf, type Properties } from './artifact-properties.ts'
import { checkPointer, valueAt } from './json-pointer.ts'
import { shownURL } from './url-rules.ts'

export const PAGING_NAMES = [
  'next',
  'pageParameter',
  'firstPage',
  'cursorParameter',
  'cursor',
  'sizeParameter',
  'size'
]

export interface Page {
  readonly url: URL
  /** Where redirects led: relative links begin there. */
  readonly base: URL
  /** Of the header `Link`. */
  readonly link: string | null
  readonly document: unknown
  readonly items: number
}

/** All that is needed to go on is in a page's URL: that is what a checkpoint keeps. */
export interface Paging {
  first(url: string): string
  /** `null` after the last page. @throws Error where the answer does not have what it must */
  next(page: Page): string | null
}

/** @throws Error for properties that do not belong together */
export function pagingOf(properties: Properties): Paging {
  const { next, pageParameter, cursorParameter, cursor, sizeParameter, size } = properties
  const ways = [next, pageParameter, cursorParameter].filter(way => way !== undefined)
  if (ways.length > 1)
    throw new Error(
      'Only one of the properties next, pageParameter and cursorParameter can say where the next page is.'
    )
  if ((cursorParameter === undefined) !== (cursor === undefined))
    throw new Error('The properties cursorParameter and cursor need each other.')
  if ((sizeParameter === undefined) !== (size === undefined))
    throw new Error('The properties sizeParameter and size need each other.')
  if (properties['firstPage'] !== undefined && pageParameter === undefined)
    throw new Error('The property firstPage needs pageParameter.')
  const sized = (url: string) =>
    sizeParameter === undefined ? url : withParameter(url, sizeParameter, size!)
  const way = wayOf(properties)
  return {
    first: url => way.first(sized(url)),
    next: page => {
      const url = way.next(page)
      // A page that is its own successor would be read for ever.
      if (url !== null && url === page.url.href)
        throw new Error(`The page after ${shownURL(page.url)} is that page again.`)
      return url
    }
  }
}

function wayOf(properties: Properties): Paging {
  const { next, pageParameter, cursorParameter, cursor } = properties
  if (next === 'link') return { first: url => url, next: ({ base, link }) => nextLink(link, base) }
  if (next !== undefined) {
    checkPointer('next', next)
    return { first: url => url, next: ({ base, document }) => resolved(valueAt(document, next), next, base) }
  }
  if (pageParameter !== undefined) {
    const firstPage = numberOf(properties, 'firstPage', { min: 0, max: Number.MAX_SAFE_INTEGER, absent: 1 })
    return {
      first: url => withParameter(url, pageParameter, String(firstPage)),
      // A short page says nothing: servers may have a lower limit than the size that was asked for.
      next: ({ url, items }) =>
        items === 0
          ? null
          : withParameter(url.href, pageParameter, String(Number(url.searchParams.get(pageParameter)) + 1))
    }
  }
  if (cursorParameter === undefined) return { first: url => url, next: () => null }
  checkPointer('cursor', cursor!)
  return {
    first: url => url,
    next: ({ url, document }) => {
      const value = valueAt(document, cursor!)
      if (isEnd(value)) return null
      if (typeof value !== 'string' && typeof value !== 'number')
        throw new Error(`The cursor at ${cursor} is neither a string nor a number.`)
      return withParameter(url.href, cursorParameter, String(value))
    }
  }
}

function isEnd(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === false
}

function resolved(value: unknown, pointer: string, page: URL): string | null {
  if (isEnd(value)) return null
  if (typeof value !== 'string' || !URL.canParse(value, page))
    throw new Error(`The next page at ${pointer} is no URL.`)
  return new URL(value, page).href
}

function withParameter(url: string, name: string, value: string): string {
  // What is no URL is told where it is checked.
  if (!URL.canParse(url)) return url
  const changed = new URL(url)
  changed.searchParams.set(name, value)
  return changed.href
}

/** RFC 8288: `<…>; rel="next"`, one of several links, one of several relations. */
function nextLink(header: string | null, page: URL): string | null {
  for (const [, target, parameters] of (header ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s";,]*))?)*)/g
  )) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]*))/i.exec(parameters!)
    const names = (relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/)
    if (names.includes('next')) return resolved(target, 'the header Link', page)
  }
  return null
}
