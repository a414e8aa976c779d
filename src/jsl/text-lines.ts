// Turns an offset into line and column: without it a message could only say "somewhere in your five megabytes".
import type { Position } from './jsl-problem.ts'

/** The line breaks of one text, found once; \n, \r\n and a lone \r end a line, as in XML. */
export class TextLines {
  readonly #starts: number[] = [0]

  constructor(text: string) {
    for (const lineBreak of text.matchAll(/\r\n|\r|\n/g))
      this.#starts.push(lineBreak.index + lineBreak[0].length)
  }

  /** Line and column of an offset in UTF-16 units, both from 1. */
  at(offset: number): Position {
    let low = 0
    let high = this.#starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 }
  }
}
