// The last lines of a terminal, drawn again and again, while messages go on above them.

/** What of process.stdout or process.stderr is used. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

export class LiveArea {
  readonly #terminal: Terminal
  #lines: readonly string[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Instead of what was there. Lines are cut: one that wraps would leave its rest behind. */
  show(lines: readonly string[]): void {
    // A terminal that nobody gave a size says 0.
    const columns = this.#terminal.columns || 80
    const rows = this.#terminal.rows || 24
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map(line => cutTo(line, columns - 1))
    this.#terminal.write(`${this.#erase()}${fitting.map(line => `${line}\n`).join('')}`)
    this.#lines = fitting
  }

  /** Text that stays, above the area. */
  above(text: string): void {
    this.#terminal.write(`${this.#erase()}${text}${this.#lines.map(line => `${line}\n`).join('')}`)
  }

  clear(): void {
    this.#terminal.write(this.#erase())
    this.#lines = []
  }

  #erase(): string {
    return this.#lines.length === 0 ? '' : `\u001b[${this.#lines.length}A\u001b[J`
  }
}

/** East Asian letters and emoji take two columns. */
const WIDE = /^[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/u

export function cutTo(line: string, columns: number): string {
  let width = 0
  let cut = ''
  for (const letter of line) {
    width += WIDE.test(letter) ? 2 : 1
    if (width > columns) return cut
    cut += letter
  }
  return cut
}
