// What a JSL may not say before any parameter is known: structure, values as written, ids, references.
import t from 'tap'
import { JslProblems, MAX_PROBLEMS } from '../../src/jsl/jsl-problem.ts'
import { readJob } from '../../src/jsl/read-job.ts'
import { job, problemsOf, step } from './reading.ts'

t.test('all three namespaces, prefixed or not, and all three versions are JSL', async t => {
  for (const uri of ['http://xmlns.jcp.org/xml/ns/javaee', 'https://jakarta.ee/xml/ns/jakartaee']) {
    t.same(problemsOf(`<job id="j" version="1.0" xmlns="${uri}">${step('s')}</job>`), [])
    const prefixed = '<p:step id="s"><p:batchlet ref="b"/></p:step>'
    t.same(problemsOf(`<p:job id="j" version="2.0" xmlns:p="${uri}">${prefixed}</p:job>`), [])
  }
  t.same(problemsOf(job(step('s'), 'version="2.1"')), [])
  t.equal(readJob(job(step('s'))).id, 'j')
})

t.test('another namespace, version or root is refused, a mixture too', async t => {
  t.match(problemsOf('<job id="j" xmlns="urn:x"/>'), [/^1:1 the namespace "urn:x" is not JSL's/])
  t.match(problemsOf(job(step('s'), 'version="3.0"')), [/^1:13 version "3.0" is unknown/])
  t.match(problemsOf('<jobs/>'), [/^1:1 the root element is <jobs>/])
  t.match(problemsOf(job(`<step xmlns="https://jakarta.ee/xml/ns/jakartaee" id="s"/>${step('t')}`)), [
    /its job in ""$/
  ])
})

t.test('attributes of other namespaces are passed over', async t => {
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" xml:lang="ko"'
  t.same(problemsOf(job(step('s'), xsi)), [])
  t.match(problemsOf('<p:job p:id="j" id="k" xmlns:p="https://jakarta.ee/xml/ns/jakartaee"/>'), [
    /is empty/,
    /"p:id"/
  ])
})

t.test('a JSL with broken quotes is refused at the first of them', async t => {
  const text =
    '<?xml version="1.0"?>\r\n<job id="three"r\n\tversion="1.0> \r\n\t<step id="step1"" next="step2">\r\n</step></job>'
  t.match(problemsOf(text), [/^2:16 after the value of attribute "id" a space and an attribute/])
  const second = text.replace('"r\n', '"\n')
  t.match(problemsOf(second), [/^3:10 the value of attribute "version" has no closing quote/])
  t.match(problemsOf(second.replace('1.0>', '1.0">')), [/^4:18 after the value of attribute "id" a space/])
})

t.test('every problem is told at once, in document order', async t => {
  const text =
    '<job id="a b">\n<step colour="red">\nhello<batchlet/>\n<listeners/>\n</step>\n<stepp/>\n</job>'
  t.match(problemsOf(text), [
    /^1:6 the id "a b" of <job> is no XML name/,
    /^2:1 <step> lacks the attribute "id"/,
    /^2:7 <step> has no attribute "colour"; it has: id, start-limit/,
    /^3:1 text "hello" stands in <step>/,
    /^3:6 <batchlet> lacks the attribute "ref"/,
    /^4:1 <listeners> must stand before <batchlet>, <chunk> in <step>/,
    /^6:1 <stepp> cannot stand in <job id="a b">; allowed there: properties, listeners, step/
  ])
})

t.test('more than a hundred problems are counted, not listed', async t => {
  const found = problemsOf(job('<x/>'.repeat(250) + step('s')))
  t.equal(found.length, MAX_PROBLEMS + 1)
  t.match(found.at(-1), /and 150 more problems$/)
  t.throws(() => readJob(job('<x/>')), {
    name: 'JslProblems',
    message: /^1:1 .*; 1:14 /
  })
})

const CHUNK = '<reader ref="r"/><writer ref="w"/>'
const chunk = (attributes: string, inner = CHUNK) =>
  job(`<step id="s"><chunk ${attributes}>${inner}</chunk></step>`)
const plan = (attributes: string, inner = '') =>
  job(step('s', '', `<partition><plan ${attributes}>${inner}</plan></partition>`))

const ACCEPTED: readonly string[] = [
  job(`<properties/><listeners><listener ref="l"/></listeners>${step('s')}`, 'restartable=" FALSE "'),
  chunk('item-count="2147483647" skip-limit="0" retry-limit="0" time-limit="0"'),
  chunk('checkpoint-policy="custom" item-count="0"', `${CHUNK}<checkpoint-algorithm ref="c"/>`),
  chunk(
    '',
    `${CHUNK}<skippable-exception-classes><include class="a"/><exclude class="b"/></skippable-exception-classes>`
  ),
  chunk('item-count="#{jobParameters[\'n\']}" checkpoint-policy="#{jobParameters[\'p\']}"'),
  plan('partitions="0"'),
  plan('partitions="2"', '<properties partition="1"/><properties partition="0"/>'),
  plan('partitions="#{jobParameters[\'n\']}"', '<properties partition="7"/>'),
  job(step('s', '', '<partition/>')),
  job(step('단계1', 'next="_x"') + step('_x')),
  job(
    '<split id="p"><flow id="f"><split id="q"><flow id="g"><step id="s"><batchlet ref="b"/></step></flow></split></flow></split>'
  ),
  job(`<flow id="f">${step('a')}<next on="*" to="s"/></flow>${step('s')}`),
  job(step('a', 'next="d"') + '<decision id="d" ref="x"><next on="?:Next*" to="a"/></decision>'),
  job(step('a', 'next="b"', '<end on="DONE"/>') + step('b', 'next="a"')),
  job(step('a', 'next="#{jobParameters[\'x\']}"'))
]
for (const text of ACCEPTED) void t.test(`${text} is accepted`, async t => t.same(problemsOf(text), []))

const REFUSED: readonly [string, RegExp][] = [
  ['<job id="j"/>', /is empty; it needs at least one <step>/],
  [job('<step id="s"/>'), /<step id="s"> has neither <batchlet> nor <chunk>/],
  [
    job('<step id="s"><batchlet ref="b"/><chunk><reader ref="r"/><writer ref="w"/></chunk></step>'),
    /only one <batchlet> or <chunk>/
  ],
  [job(step('s', '', '<partition><mapper ref="m"/><plan/></partition>')), /only one <mapper> or <plan>/],
  [job(step('s', '', '<end on="*"/><partition/>')), /<partition> must stand before <end>/],
  [job(`${step('s')}<properties/>`), /<properties> must stand before <step>/],
  [job(`<properties/><properties/>${step('s')}`), /only one <properties>/],
  [job(step('s', 'parent="x"')), /has no attribute "parent"/],
  [chunk('', '<writer ref="w"/>'), /<chunk> lacks <reader>/],
  [chunk('', '<writer ref="w"/><reader ref="r"/>'), /<reader> must stand before <writer>/],
  [chunk('checkpoint-policy="custom"'), /needs a <checkpoint-algorithm>/],
  [chunk('checkpoint-policy="items"'), /must be item or custom/],
  [chunk('item-count="0"'), /item-count of <chunk> is "0"; it must be a whole number from 1 to 2147483647/],
  [chunk('item-count=""'), /item-count of <chunk> is ""/],
  [chunk('item-count="1e3"'), /item-count/],
  [chunk('skip-limit="2147483648"'), /skip-limit/],
  [chunk('retry-limit="-1"'), /retry-limit/],
  [chunk('time-limit="0x10"'), /time-limit/],
  [job(step('s', 'start-limit="many"')), /start-limit/],
  [job(step('s', 'allow-start-if-complete="yes"')), /it must be true or false/],
  [job(step('s'), 'restartable="1"'), /restartable/],
  [job('<step id="s"><batchlet ref=""/></step>'), /ref of <batchlet> is empty/],
  [plan('partitions="100001"'), /partitions of <plan>/],
  [
    plan('partitions="2"', '<properties partition="2"/>'),
    /partition 2 does not exist: the plan has 2 \(0 to 1\)/
  ],
  [
    plan('partitions="2"', '<properties partition="1"/><properties partition="01"/>'),
    /two <properties> for partition 1/
  ],
  [plan('partitions="2"', '<properties/>'), /needs partition="n"/],
  [plan('partitions="#{jobParameters[\'n\']}"', '<properties partition="-1"/>'), /partition of <properties>/],
  [job(`<properties partition="0"/>${step('s')}`), /<properties> has no attribute "partition"/],
  [job(step('a') + step('a')), /<step id="a"> has an id that line 1 has already/],
  [job(step('j')), /<step id="j"> has an id that line 1 has already/],
  [job(step('a/b')), /no XML name/],
  [job(step('a:b')), /no XML name/],
  [job(step("#{jobParameters['x']}")), /no expressions/],
  [job(step('a'.repeat(129))), /more than 128 characters/],
  [job('<decision id="d" ref="x"/>' + step('s')), /<decision id="d"> is the first element of <job id="j">/],
  [
    job(`<flow id="f"><decision id="d" ref="x"/>${step('s')}</flow>`),
    /is the first element of <flow id="f">/
  ],
  [job('<flow id="f"/>'), /<flow id="f"> is empty/],
  [job('<split id="p"/>'), /<split id="p"> lacks <flow>/],
  [
    job(`<split id="p">${step('s')}<flow id="f">${step('t')}</flow></split>`),
    /<step> cannot stand in <split id="p">/
  ],
  [
    job(`<split id="p"><flow id="f" next="g">${step('s')}</flow><flow id="g">${step('t')}</flow></split>`),
    /runs in a split and cannot have next/
  ],
  [
    job(
      `<split id="p"><flow id="f">${step('s')}<next on="*" to="g"/></flow><flow id="g">${step('t')}</flow></split>`
    ),
    /cannot go on/
  ],
  [job(step('s', 'next="x"')), /next="x" of <step id="s"> leads nowhere/],
  [job(step('s', 'next=""')), /next="" of <step id="s"> leads nowhere/],
  [job(step('s', '', '<next on="*" to="x"/>')), /to="x" of <next> leads nowhere/],
  [job(`<flow id="f">${step('s', 'next="t"')}</flow>${step('t')}`), /must be beside it in <flow id="f">/],
  [job(`<flow id="f" next="s">${step('s')}</flow>`), /must be beside it in <job id="j">/],
  [
    job(step('s', 'next="d"', '<stop on="A" restart="d"/>') + '<decision id="d" ref="x"/>'),
    /restart="d" names no step, flow or split/
  ],
  [
    job(`<flow id="f">${step('s')}</flow>${step('t', '', '<stop on="A" restart="s"/>')}`),
    /restart="s" names no/
  ],
  [
    job(step('a', 'next="b"') + step('b', 'next="c"') + step('c', 'next="b"')),
    /form a ring that never ends: b → c → b/
  ],
  [job(step('a', 'next="a"')), /a → a/],
  [job(step('a', 'next="b"') + step('b', '', '<next on="*" to="a"/>')), /a → b → a/],
  [job(step('s', '', '<end on="*"><x/></end>')), /<x> cannot stand in <end>; allowed there: nothing/],
  [job('<step id="s"><batchlet ref="#{jobParameter[\'x\']}"/></step>'), /"jobParameter" is no operator/],
  [job('<step id="s"><batchlet ref="#{jobParameters[\'x\'"/></step>'), /is not closed/]
]
for (const [text, message] of REFUSED) {
  t.test(`${text.slice(0, 200)} is refused: ${message.source}`, async t => {
    t.match(problemsOf(text), [message])
    t.equal(problemsOf(text).length, 1)
  })
}

t.test('a job source is plain data', async t => {
  const source = readJob(job(step('s', 'next="#{jobParameters[\'x\']}?:t;"') + step('t')))
  t.same(JSON.parse(JSON.stringify(source)), structuredClone(source))
})

t.test('an ordinary text with thousands of steps is read without a stack per step', async t => {
  const steps = Array.from({ length: 5000 }, (_, n) => step(`s${n}`, n < 4999 ? `next="s${n + 1}"` : ''))
  t.same(problemsOf(job(steps.join('\n'))), [])
  t.throws(() => readJob(job(steps.join('\n').replace('id="s4999"', 'id="t"'))), JslProblems)
})
