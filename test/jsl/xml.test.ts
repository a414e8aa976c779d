// Positions and refusals of XML reading, also for texts made to exhaust the reader.
import t from 'tap'
import { JslProblems } from '../../src/jsl/jsl-problem.ts'
import { MAX_JSL_BYTES, parseXml } from '../../src/jsl/xml.ts'
import { problemsFrom } from './reading.ts'

const refusal = (text: string) => problemsFrom(() => parseXml(text)).join('|')

t.test('elements, attributes and text keep their line and column', async t => {
  const root = parseXml(
    '\uFEFF<?xml version="1.0" encoding="UTF-16"?>\r\n<a\r\n  x = "1"\ty=\'2\'>\r\n <!-- <z> --> <b/> t\r</a>'
  )
  t.match(root, { name: 'a', line: 2, column: 1, text: { value: 't', line: 4, column: 20 } })
  t.match(root.attributes, [
    { name: 'x', value: '1', line: 3, column: 3 },
    { name: 'y', value: '2', line: 3, column: 11 }
  ])
  t.match(root.children, [{ name: 'b', line: 4, column: 15 }])
})

t.test('text behind a comment or in CDATA is found where it stands', async t => {
  t.match(parseXml('<a> <!-- no -->\n  yes</a>').text, { value: 'yes', line: 2, column: 3 })
  t.match(parseXml('<a>\n<![CDATA[ <b> ]]></a>').text, { value: '<b>', line: 2, column: 1 })
  t.equal(parseXml('<a> <![CDATA[ ]]> <!-- x --> </a>').text, null)
})

t.test(
  'the five entities and character references are decoded, white space in a value becomes a space',
  async t => {
    const [x] = parseXml('<a x="&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#10;&amp;lt;\t\r\n."/>').attributes
    t.equal(x?.value, `<>&"'A😀\n&lt;  .`)
  }
)

t.test('prefixes stand for the namespace of the nearest declaration', async t => {
  const root = parseXml('<p:a xmlns:p="one" xmlns="two"><b q="1" p:q="2"/><p:c xmlns:p="three"/></p:a>')
  t.match(root, { name: 'p:a', localName: 'a', namespace: 'one', attributes: [] })
  t.match(root.children, [
    {
      localName: 'b',
      namespace: 'two',
      attributes: [{ namespace: '' }, { namespace: 'one', localName: 'q' }]
    },
    { localName: 'c', namespace: 'three' }
  ])
  t.match(refusal('<a>\n<p:b/></a>'), /^2:1 "p:b": no namespace/)
})

const REFUSED: readonly [string, RegExp][] = [
  ['', /^1:1 there is no element/],
  ['<!-- -->', /^1:9 there is no element/],
  ['job', /^1:1 there is text outside/],
  ['<a/>\n x', /^2:2 there is text outside/],
  ['<a/>\n<b/>', /^2:1 a second root/],
  ['<a></a><b></b>', /^1:8 a second root/],
  ['<a>\n <b>\n</a>', /^3:1 <\/a> stands where <\/b> is expected \(opened in line 2\)/],
  ['<a>\n <b>', /^2:2 <b> is never closed/],
  ['<a/></a>', /^1:5 <\/a> closes nothing/],
  ['<a x="1" x="2"/>', /^1:10 attribute "x" is given twice/],
  ['<a x=1/>', /^1:6 the value of attribute "x" must stand in quotes/],
  ['<a x/>', /^1:4 attribute "x" has no value/],
  ['<a x="1"y="2"/>', /^1:9 after the value of attribute "x" a space/],
  ['<a x="1>\n<b y="2"/></a>', /^1:6 the value of attribute "x" has no closing quote/],
  ['<a x="1/>', /^1:6 the value of attribute "x" has no closing quote/],
  ['<1a/>', /^1:1 a "<" that begins no tag/],
  ['<a>1 < 2</a>', /^1:6 a "<" that begins no tag/],
  ['<a', /^1:1 the tag <a> is never closed/],
  ['<a b!="1"/>', /^1:4 attribute "b" has no value/],
  ['<a></a b="1">', /^1:4 a closing tag/],
  ['<a>R&D</a>', /^1:5 an "&"/],
  ['<a x="&nbsp;"/>', /^1:7 an "&"/],
  ['<a x="&toString;"/>', /^1:7 an "&"/],
  ['<a x="&#0;"/>', /^1:7 &#0; is not a character/],
  ['<a x="&#xD800;"/>', /^1:7 &#xD800; is not/],
  ['<a x="&#9999999;"/>', /^1:7 &#9999999; is not/],
  ['<a>\n\u0001</a>', /^2:1 the character U\+0001/],
  ['<a x="\uD800"/>', /^1:7 the character U\+D800/],
  ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /^1:1 a document type/],
  ['<a>\n<?php x ></a>', /^2:1 a "<\?" that begins no processing instruction, or is never closed/],
  ['<a><? x ?></a>', /^1:4 a "<\?" that begins no/],
  ['<a><?x"?></a>', /^1:4 a "<\?" that begins no/],
  ['<a/><?XML version="1.0"?>', /^1:5 the XML declaration must be the very first/],
  ['<a><?x ?>text?></a><b/>', /^1:20 a second root/],
  [' <?xml version="1.0"?><a/>', /^1:2 the XML declaration must be the very first/],
  ['<?xml encoding="UTF-8"?><a/>', /^1:1 the XML declaration must read/],
  ['<?xml version="1.0"', /^1:1 the XML declaration is never closed/],
  ['<a><!-- x</a>', /^1:4 the comment is never closed/],
  ['<a><!-- x -- y --></a>', /^1:11 "--"/],
  ['<a><![CDATA[ x</a>', /^1:4 the CDATA/],
  ['<a/><![CDATA[ x ]]>', /^1:5 there is text outside/],
  ['<a><!ELEMENT b></a>', /^1:4 a "<!"/],
  ['<a __proto__="1"/>', /^1:4 the name "__proto__"/],
  ['<a><constructor/></a>', /^1:5 the name "constructor"/]
]
for (const [text, message] of REFUSED) {
  t.test(`${JSON.stringify(text)} is refused where it stops being XML`, async t =>
    t.match(refusal(text), message)
  )
}

t.test('processing instructions are passed over, whatever stands in them', async t => {
  const text = `<?xml-model href="x.rng" type='x'?><a>\n<?x it's "one <b>?> <c d="<?1?>"/><?y?></a><?z -- & ?>`
  const { children } = parseXml(text.replace('<?1', '&lt;?1'))
  t.match(children, [{ name: 'c', line: 2, column: 21, attributes: [{ value: '<?1?>' }] }])
  t.equal(children.length, 1)
})

t.test('names that every object has are ordinary names', async t => {
  t.match(parseXml('<toString hasOwnProperty="1" valueOf="2"/>'), {
    name: 'toString',
    attributes: [
      { name: 'hasOwnProperty', value: '1' },
      { name: 'valueOf', value: '2' }
    ]
  })
})

t.test('a text over the limit is refused by its bytes, one at the limit is read', async t => {
  const frame = (inner: string) => `<a>${inner}</a>`
  t.equal(parseXml(frame(' '.repeat(MAX_JSL_BYTES - 7))).name, 'a')
  t.match(refusal(frame(' '.repeat(MAX_JSL_BYTES - 6))), /larger than 8388608 bytes/)
  t.match(refusal(frame('가'.repeat(MAX_JSL_BYTES / 3))), /larger than/)
})

t.test('64 levels are read, 65 are refused', async t => {
  const nested = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels)
  t.equal(parseXml(nested(64)).name, 'a')
  t.match(refusal(nested(65)), /^1:193 more than 64/)
})

// Twice the input may take about twice the time; anything quadratic takes minutes here and runs into the time-out of the test.
const HOSTILE: readonly [string, string][] = [
  ['a million "<"', '<'.repeat(1e6)],
  ['a million open tags', '<a>'.repeat(1e6)],
  ['a name of megabytes', `<${'a'.repeat(4e6)}>`],
  ['megabytes of space in a tag', `<a${' '.repeat(4e6)}`],
  ['a hundred thousand attributes', `<a ${Array.from({ length: 1e5 }, (_, n) => `a${n}=""`).join(' ')}>`],
  [
    'a hundred thousand namespaces',
    `<a ${Array.from({ length: 1e5 }, (_, n) => `xmlns:a${n}=""`).join(' ')}><b:c/></a>`
  ],
  ['a million "&"', `<a x="${'&'.repeat(1e6)}"/>`],
  ['half a million references and a broken one', `<a>${'&lt;'.repeat(5e5)}&</a>`],
  ['half a million comments', `<a>${'<!---->'.repeat(5e5)}<`],
  ['unclosed CDATA sections', `<a>${'<![CDATA['.repeat(3e5)}`],
  ['unclosed quotes', '<a b="'.repeat(5e5)],
  ['a declaration full of space', `<?xml version="1.0"${' '.repeat(4e6)}?><a/>`]
]
for (const [what, text] of HOSTILE) {
  t.test(`${what} are refused in linear time`, { timeout: 20_000 }, async t => {
    t.throws(() => parseXml(text), JslProblems)
  })
}
