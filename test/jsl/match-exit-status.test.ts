// The `on` of a transition against exit statuses, by example, against a naive model, and with hostile patterns.
import fc from 'fast-check'
import t from 'tap'
import { matchesExitStatus } from '../../src/jsl/match-exit-status.ts'

const CASES: readonly [string, string, boolean][] = [
  ['*', '', true],
  ['*', 'COMPLETED', true],
  ['', '', true],
  ['', 'x', false],
  ['?', '', false],
  ['?', 'x', true],
  ['?', '😀', true],
  ['??', '😀', false],
  ['COMPLETED', 'COMPLETED', true],
  ['COMPLETED', 'completed', false],
  ['COMPLETED', 'COMPLETED ', false],
  ['F*', 'FAILED', true],
  ['*:b', 'a:b:b', true],
  ['a.c', 'abc', false],
  ['(x)[1]', '(x)[1]', true],
  ['A*2', 'A*2', true],
  ['A?2', 'A*2', true],
  ['*a*b', 'xxaxxbxx', false],
  ['?:Next*', 'x:NextOne', true],
  ['line*', 'line 1\nline 2', true],
  ['\\*', '\\anything', true]
]
for (const [pattern, status, expected] of CASES) {
  t.test(
    `${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(status)}`,
    async t => {
      t.equal(matchesExitStatus(pattern, status), expected)
    }
  )
}

t.test('any pattern matches what the same regular expression matches', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '*', '?', '.', '😀', '\n'), { maxLength: 9 })
    .map(all => all.join(''))
  fc.assert(
    fc.property(text, text, (pattern, status) => {
      const parts = Array.from(pattern, char =>
        char === '*' ? '.*' : char === '?' ? '.' : char.replace(/[.\\]/, String.raw`\$&`)
      )
      return matchesExitStatus(pattern, status) === new RegExp(`^${parts.join('')}$`, 'su').test(status)
    }),
    { numRuns: 5000 }
  )
})

t.test('hostile patterns are answered at once', { timeout: 10_000 }, async t => {
  t.notOk(matchesExitStatus('*a'.repeat(5000) + 'b', 'a'.repeat(20_000)))
  t.notOk(matchesExitStatus(`*${'a'.repeat(2000)}b`, 'a'.repeat(4000)))
  t.ok(matchesExitStatus('*'.repeat(1_000_000), 'a'.repeat(512)))
  t.notOk(matchesExitStatus('?*'.repeat(5000), 'a'.repeat(4000)))
})
