// The layout of answers: what scripts that grep the product's rely on, and nothing lost on the way.
import fc from 'fast-check'
import t from 'tap'
import { jsonText } from '../../../../src/http/liberty/view/json-text.ts'

t.test('JSON is indented by four blanks and has none after a colon', async t => {
  t.equal(
    jsonText([{ name: 'a "b"', list: [1], none: {} }]),
    '[\n    {\n        "name":"a \\"b\\"",\n        "list":[\n            1\n        ],\n        "none":{\n        }\n    }\n]\n'
  )
})

t.test('any JSON value is read back as it was', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.jsonValue(),
        value => JSON.stringify(JSON.parse(jsonText(value))) === JSON.stringify(value)
      )
    )
  )
})
