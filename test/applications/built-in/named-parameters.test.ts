import t from 'tap'
import { namedStatement } from '../../../src/applications/built-in/named-parameters.ts'

t.test('each name is one parameter wherever it stands, and nowhere else', async t => {
  const cases: [string, string, string[]][] = [
    ['insert into t values (:a, :b,:a)', 'insert into t values ($1, $2,$1)', ['a', 'b']],
    [':a::int', '$1::int', ['a']],
    [`':a' || :b || ''':c'''`, `':a' || $1 || ''':c'''`, ['b']],
    [`e'\\':a' || :b`, `e'\\':a' || $1`, ['b']],
    ['":a" = :b', '":a" = $1', ['b']],
    ['-- :a\n:b /* :c */', '-- :a\n$1 /* :c */', ['b']],
    ['do $$ :a $$ || $x$ :b $$ $x$ || :c', 'do $$ :a $$ || $x$ :b $$ $x$ || $1', ['c']],
    ['x[1:n], f(a := :b)', 'x[1:n], f(a := $1)', ['b']],
    ['select 1', 'select 1', []]
  ]
  for (const [sql, text, names] of cases) t.same(namedStatement(sql), { text, names }, sql)
})
