// Expressions: how they are read, what they become, and that a value never turns into one.
import fc from 'fast-check'
import t from 'tap'
import { fillPartitionPlan, substitute, type Lookup } from '../../src/jsl/substitute.ts'
import { OPERATORS, parseTemplate, TemplateFlaw, type Expression } from '../../src/jsl/template.ts'

type Values = Readonly<Record<string, string>>
const lookup =
  (values: Values): Lookup =>
  (operator, name) => {
    const value = values[`${operator}.${name}`]
    return value === undefined ? undefined : { value, size: value.length, depth: 0 }
  }
const valueOf = (text: string, parameters: Values): unknown => {
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [`jobParameters.${name}`, value])
  )
  return substitute(parseTemplate(text), lookup(values)).value
}

const EXAMPLES: readonly [string, Values, string][] = [
  ['no expression', {}, 'no expression'],
  ["#{jobParameters['x']}", { x: '1' }, '1'],
  ['#{jobParameters["x"]}', { x: '1' }, '1'],
  ["a#{jobParameters['x']}b", {}, 'ab'],
  ["#{jobParameters['in']}?:file.txt;", { in: '' }, 'file.txt'],
  ["#{jobParameters['in']}?:file.txt;", { in: 'x' }, 'x'],
  [
    "#{jobParameters['a']}?:#{jobParameters['s']};#{jobParameters['b']}?:#{jobParameters['c']};.txt",
    { s: '/', b: 'f' },
    '/f.txt'
  ],
  ["#{jobParameters['a']}#{jobParameters['b']}?:none;", { b: 'b' }, 'b'],
  ["#{jobParameters['a']}#{jobParameters['b']}?:none;", {}, 'none'],
  ["dir/#{jobParameters['a']}?:none;", {}, 'dir/'],
  ["#{jobParameters['a']}?:;x", {}, 'x'],
  ["#{jobParameters['a']}?:x?:y;", {}, 'x?:y'],
  ["#{jobParameters['a']};b;", { a: '1' }, '1;b;'],
  ['?:Next*;', {}, '?:Next*;'],
  ["?:#{jobParameters['a']}", { a: '1' }, '?:1'],
  ["# {x} #a ${y} #{jobParameters['it's']}", { "it's": '1' }, '# {x} #a ${y} 1'],
  ["#{jobParameters['a;b']}?:#{jobParameters['c;d']};", { 'c;d': '2' }, '2'],
  ["#{jobParameters['']}", { '': 'empty name' }, 'empty name'],
  ["#{jobParameters['x']}", { x: "#{jobParameters['y']}?:z;", y: 'no' }, "#{jobParameters['y']}?:z;"]
]
for (const [text, parameters, expected] of EXAMPLES) {
  t.test(`${text} with ${JSON.stringify(parameters)} becomes ${expected}`, async t => {
    t.equal(valueOf(text, parameters), expected)
  })
}

const MALFORMED: readonly [string, RegExp][] = [
  ['#{foo', /"#\{foo" is no expression; write/],
  ['#{}', /is no expression/],
  ['#{jobParameters[x]}', /is no expression/],
  ["#{ jobParameters['x']}", /is no expression/],
  ["#{jobParameters['x'", /is not closed; write #\{jobParameters\['name'\]\}/],
  ['#{jobParameters[\'x"]}', /is not closed/],
  [
    "#{params['x']}",
    /"params" is no operator.*known are jobParameters, jobProperties, systemProperties, partitionPlan/
  ],
  ["#{jobParameters['x']}?:y", /is not closed by ";"/],
  ["#{jobParameters['#{jobParameters['y']}']}", /may not stand in the name of another/],
  ["#{jobParameters['x']}?:#{jobParameters['y']}?:z;;", /may not have a default of its own/]
]
for (const [text, message] of MALFORMED) {
  t.test(`${text} cannot be read`, async t => {
    t.throws(() => parseTemplate(text), { constructor: TemplateFlaw, message })
  })
}

const name = fc.constantFrom('a', 'b', 'c', '가', "it's")
const literal = fc.string({
  unit: fc.constantFrom('x', '#', '?', ' ', '"', "'", '[', ']', '가'),
  maxLength: 3
})
const value = fc.oneof(
  literal,
  fc.constantFrom('', "#{jobParameters['a']}", "#{partitionPlan['a']}", '?:x;', '$&')
)
const expression: fc.Arbitrary<Expression> = fc.record({ operator: fc.constantFrom(...OPERATORS), name })
const parts = fc.array(fc.oneof(literal, expression), { maxLength: 4 })
const group = fc.record({ first: expression, parts, fallback: fc.option(parts) })
const values = fc.dictionary(
  fc.tuple(fc.constantFrom(...OPERATORS), name).map(pair => pair.join('.')),
  value
)
type Group = { first: Expression; parts: (string | Expression)[]; fallback: (string | Expression)[] | null }

const written = (all: readonly (string | Expression)[]) =>
  all.map(part => (typeof part === 'string' ? part : `#{${part.operator}['${part.name}']}`)).join('')
const writtenGroup = ({ first, parts: rest, fallback }: Group) =>
  written([first, ...rest]) + (fallback === null ? '' : `?:${written(fallback)};`)
const naive = (all: readonly (string | Expression)[], given: Values) =>
  all.map(part => (typeof part === 'string' ? part : (given[`${part.operator}.${part.name}`] ?? ''))).join('')

t.test('groups of expressions, literals and defaults have the value of the naive reading', async () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), values, (groups, given) => {
      // Groups without default run into the next one: one principal value, up to the next default.
      let expected = ''
      let open = ''
      for (const { first, parts: rest, fallback } of groups) {
        open += naive([first, ...rest], given)
        if (fallback === null) continue
        expected += open === '' ? naive(fallback, given) : open
        open = ''
      }
      const text = groups.map(writtenGroup).join('')
      return substitute(parseTemplate(text), lookup(given)).value === expected + open
    }),
    { numRuns: 2000 }
  )
})

t.test('a partition plan filled in later gives what it would have given at once', async () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), values, (groups, given) => {
      const template = parseTemplate(groups.map(writtenGroup).join(''))
      const plan: Record<string, string> = {}
      for (const [key, entry] of Object.entries(given)) {
        if (key.startsWith('partitionPlan.')) plan[key.slice('partitionPlan.'.length)] = entry
      }
      const later: Lookup = (operator, key) =>
        operator === 'partitionPlan' ? { partitionPlan: key } : lookup(given)(operator, key)
      const late = structuredClone(substitute(template, later).value)
      return fillPartitionPlan(late, plan) === substitute(template, lookup(given)).value
    }),
    { numRuns: 2000 }
  )
})
