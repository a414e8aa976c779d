// Java's properties files as Java reads them.
import t from 'tap'
import { parseProperties } from '../../src/cli/properties-file.ts'

t.test('keys end at =, : or a blank; values keep inner blanks and further signs', async t => {
  t.same(parseProperties('a=b=c\nb : x y \nc\td\ne\n  f = g\r\nh=\r--jobParameter=k=v'), [
    ['a', 'b=c'],
    ['b', 'x y'],
    ['c', 'd'],
    ['e', ''],
    ['f', 'g'],
    ['h', ''],
    ['--jobParameter', 'k=v']
  ])
})

t.test(
  'comments and empty lines are no properties, and a comment does not go on after a backslash',
  async t => {
    t.same(parseProperties('# a=b \\\nc=d\n\n   ! e=f\n'), [['c', 'd']])
  }
)

t.test('a line goes on after an odd number of backslashes', async t => {
  t.same(parseProperties('a=1,\\\n   2\nb=c\\\\\nd=e\\'), [
    ['a', '1,2'],
    ['b', 'c\\'],
    ['d', 'e']
  ])
})

t.test('escapes are read in keys and values', async t => {
  t.same(parseProperties(String.raw`a\ b\=c=\u00fc\tx\q` + '\n' + String.raw`\u0041=\\u0041`), [
    ['a b=c', 'ü\txq'],
    ['A', String.raw`\u0041`]
  ])
})

t.test('a property may be called __proto__, and doubles are kept in order', async t => {
  t.same(parseProperties('__proto__=1\na=1\na=2'), [
    ['__proto__', '1'],
    ['a', '1'],
    ['a', '2']
  ])
})
