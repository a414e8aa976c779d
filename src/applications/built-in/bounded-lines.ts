// Cuts a stream of text into lines of a bounded length; without it a command that prints no line feed would fill the heap.

/** UTF-16 units; a longer line goes on in the next one. */
const LONGEST_LINE = 8192

export class BoundedLines {
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    const rest = lines.pop()!
    for (const line of lines) this.#onLine(this.#bounded(line).replace(/\r$/, ''))
    this.#rest = this.#bounded(rest)
  }

  /** What came last without a line feed. */
  flush(): void {
    if (this.#rest !== '') this.#onLine(this.#rest)
    this.#rest = ''
  }

  /** Hands on what is above the bound and gives the rest. */
  #bounded(line: string): string {
    let rest = line
    while (rest.length > LONGEST_LINE) {
      // Not between the halves of a surrogate pair.
      const at = /[\uD800-\uDBFF]/.test(rest[LONGEST_LINE - 1]!) ? LONGEST_LINE - 1 : LONGEST_LINE
      this.#onLine(rest.slice(0, at))
      rest = rest.slice(at)
    }
    return rest
  }
}
