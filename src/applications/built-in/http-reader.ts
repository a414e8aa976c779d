// `httpReader`: the items of a paged JSON answer, one page in memory at a time, restarted at the page and item of its checkpoint.
import type { Injected, ItemReader } from '../../batch/artifacts.ts'
import { checkNames, numberOf, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { CALL_NAMES, callHTTP, callRules } from './http-call.ts'
import { headersOf } from './http-headers.ts'
import { headersForOthers, type HTTPAnswer, HTTPClient } from './http-request.ts'
import { expectedStatuses } from './http-status.ts'
import { checkPointer, valueAt } from './json-pointer.ts'
import { PAGING_NAMES, type Paging, pagingOf } from './next-page.ts'
import { shownURL } from './url-rules.ts'

const NAMES = ['url', 'headers', 'items', 'maxPageBytes', ...PAGING_NAMES, ...CALL_NAMES]

/** `page`: its URL; `index`: items of it that were read. */
interface HTTPCheckpoint {
  readonly page: string
  readonly index: number
}

export function httpReader(
  setting: BuiltInSetting
): new (injected: Injected) => ItemReader<unknown, HTTPCheckpoint> {
  return class HTTPReader implements ItemReader<unknown, HTTPCheckpoint> {
    readonly #injected: Injected
    readonly #paging: Paging
    readonly #headers: Readonly<Record<string, string>>
    readonly #client = new HTTPClient(setting)
    #page = ''
    #index = 0
    #items: readonly unknown[] = []
    /** `null` after the last page. */
    #next: string | null = null

    constructor(injected: Injected) {
      const { properties } = injected
      checkNames('httpReader', properties, NAMES)
      checkPointer('items', properties['items'] ?? '')
      this.#injected = injected
      this.#paging = pagingOf(properties)
      this.#headers = { accept: 'application/json', ...headersOf(properties) }
    }

    async open(checkpoint: HTTPCheckpoint | null): Promise<void> {
      // The size of a page and the way to the next one may have been changed for a restart; the URL is the checkpoint's.
      await this.#load(checkpoint?.page ?? this.#paging.first(textOf(this.#injected.properties, 'url')))
      this.#index = checkpoint?.index ?? 0
    }

    async readItem(): Promise<unknown> {
      while (this.#index >= this.#items.length) {
        if (this.#next === null) return null
        await this.#load(this.#next)
      }
      const item = this.#items[this.#index]
      // Counted first: a read error that is skipped goes on behind it.
      this.#index++
      if (item === null)
        throw new Error(`Item ${this.#index} of ${shownURL(this.#page)} is null, which would end the step.`)
      return item
    }

    checkpointInfo(): HTTPCheckpoint {
      return { page: this.#page, index: this.#index }
    }

    async close(): Promise<void> {
      this.#items = []
      await this.#client.close()
    }

    async #load(url: string): Promise<void> {
      const { properties } = this.#injected
      // The last page goes before the next one comes.
      this.#items = []
      const answer = await this.#answer(url)
      const document = documentIn(answer, url)
      const pointer = properties['items'] ?? ''
      const items = valueAt(document, pointer)
      if (!Array.isArray(items))
        throw new Error(`${shownURL(url)} has no array of items at "${pointer}" of its answer.`)
      const page = {
        url: new URL(url),
        base: answer.url,
        link: answer.headers.get('link'),
        document,
        items: items.length
      }
      this.#next = this.#paging.next(page)
      this.#page = url
      this.#index = 0
      this.#items = items
    }

    /** An answer may name a next page anywhere: credentials go where the property `url` leads, and nowhere else. */
    #headersTo(url: string): Readonly<Record<string, string>> {
      const given = this.#injected.properties['url']
      const own = given !== undefined && URL.canParse(given) && URL.canParse(url)
      return own && new URL(given).origin === new URL(url).origin
        ? this.#headers
        : headersForOthers(this.#headers)
    }

    async #answer(url: string): Promise<HTTPAnswer> {
      const { properties } = this.#injected
      const expected = expectedStatuses()
      const bytes = numberOf(properties, 'maxPageBytes', { min: 1, max: 2 ** 28, absent: 2 ** 24 })
      const request = { url, method: 'GET', headers: this.#headersTo(url), body: null }
      const rules = callRules(properties)
      const call = { client: this.#client, request, rules, idempotent: true, bytes, wanted: expected }
      const answer = await callHTTP(call, this.#injected)
      if (!expected(answer.status)) throw new Error(`GET ${shownURL(url)} answered ${answer.status}.`)
      if (!answer.complete) throw new Error(`${shownURL(url)} is longer than ${bytes} bytes (maxPageBytes).`)
      return answer
    }
  }
}

function documentIn({ text }: HTTPAnswer, url: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new Error(`${shownURL(url)} answers with what is no JSON.`, { cause })
  }
}
