// Cuts blocks of bytes into lines; without it a file without line ends would fill the memory.

/** A line without its end, and where it ends. */
export interface Line {
  readonly bytes: Buffer
  /** With its line end, so that the sum is the next line's position. */
  readonly length: number
  /** Longer than allowed: `bytes` is its beginning only. */
  readonly tooLong: boolean
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** Lines ended by LF or CRLF, the last one also by nothing; an empty rest is no line. `longest` in bytes. */
export async function* linesOf(blocks: AsyncIterable<Buffer>, longest: number): AsyncGenerator<Line[], void> {
  let parts: Buffer[] = []
  let kept = 0
  let length = 0
  const keep = (part: Buffer) => {
    length += part.length
    if (kept > longest) return
    parts.push(part)
    kept += part.length
  }
  const take = (ended: number): Line => {
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    const bytes = whole.at(-1) === CARRIAGE_RETURN && kept === length ? whole.subarray(0, -1) : whole
    const line = {
      bytes: bytes.subarray(0, longest),
      length: length + ended,
      tooLong: bytes.length > longest
    }
    parts = []
    kept = length = 0
    return line
  }
  for await (const block of blocks) {
    const lines: Line[] = []
    let begin = 0
    for (let end; (end = block.indexOf(LINE_FEED, begin)) >= 0; begin = end + 1) {
      keep(block.subarray(begin, end))
      lines.push(take(1))
    }
    if (begin < block.length) keep(block.subarray(begin))
    if (lines.length > 0) yield lines
  }
  if (length > 0) yield [take(0)]
}
