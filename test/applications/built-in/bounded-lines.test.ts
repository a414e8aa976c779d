// BoundedLines: lines come in the order they were printed, whatever pieces the text arrives in.
import t from 'tap'
import { BoundedLines } from '../../../src/applications/built-in/bounded-lines.ts'

function linesOf(pieces: string[]): string[] {
  const lines: string[] = []
  const bounded = new BoundedLines(line => lines.push(line))
  for (const piece of pieces) bounded.add(piece)
  bounded.flush()
  return lines
}

t.test('a long unfinished line does not overtake what stood before it', async t => {
  const long = 'x'.repeat(20_000)
  const pieces = [long.slice(0, 8192), long.slice(8192, 16_384), long.slice(16_384)]
  t.same(linesOf([`first\nsecond\r\n${long}`]), ['first', 'second', ...pieces])
  t.same(linesOf([`first\nsecond\r\n${long}\nlast`]), ['first', 'second', ...pieces, 'last'])
})

t.test('the pieces in which a text arrives do not matter', async t => {
  const text = `a\r\n${'b'.repeat(9000)}\n\n${'c'.repeat(8193)}`
  const whole = linesOf([text])
  for (const size of [1, 7, 8192, 9005]) {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size)
    )
    t.same(linesOf(pieces), whole, `in pieces of ${size}`)
  }
})

t.test('a surrogate pair is not cut', async t => {
  t.same(linesOf([`${'x'.repeat(8191)}😀y`]), ['x'.repeat(8191), '😀y'])
})
