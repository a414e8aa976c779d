// The model of one execution: values in their scopes, checks after substitution, and a bound on their growth.
import t from 'tap'
import type { Step } from '../../src/jsl/job-model.ts'
import { readJob } from '../../src/jsl/read-job.ts'
import { resolveJob } from '../../src/jsl/resolve-job.ts'
import { firstStep, job, modelOf, problemsFrom, problemsWith, properties, step } from './reading.ts'

t.test('a whole job becomes its model, with the defaults of the specification', async t => {
  const text = `<job id="j">${properties({ a: '1' })}<listeners><listener ref="jl"/></listeners>
    <step id="s" next="f"><chunk><reader ref="r">${properties({ x: 'y' })}</reader><writer ref="w"/>
      <skippable-exception-classes><include class="E"/><exclude class=" F "/></skippable-exception-classes></chunk>
      <end on="E*" exit-status="done"/><fail on="F"/><stop on="S" restart="s"/></step>
    <flow id="f" next="p"><step id="fs"><batchlet ref="b"/></step></flow>
    <split id="p" next="d"><flow id="g"><step id="gs"><batchlet ref="b"/></step></flow></split>
    <decision id="d" ref="de"><next on="A" to="f"/></decision></job>`
  const none = { include: [], exclude: [] }
  const batchlet = { kind: 'batchlet', artifact: { ref: 'b', properties: {} } }
  const model = modelOf(text)
  t.match(model, { id: 'j', restartable: true, properties: { a: '1' }, listeners: [{ ref: 'jl', line: 1 }] })
  t.match(model.elements[0], {
    kind: 'step',
    id: 's',
    line: 2,
    startLimit: 0,
    allowStartIfComplete: false,
    next: 'f',
    partition: null,
    transitions: [
      { kind: 'end', on: 'E*', exitStatus: 'done' },
      { kind: 'fail', on: 'F', exitStatus: null },
      { kind: 'stop', on: 'S', exitStatus: null, restart: 's' }
    ]
  })
  t.same((model.elements[0] as Step).work, {
    kind: 'chunk',
    checkpointPolicy: 'item',
    itemCount: 10,
    timeLimit: 0,
    skipLimit: null,
    retryLimit: null,
    reader: { ref: 'r', properties: { x: 'y' }, line: 2 },
    processor: null,
    writer: { ref: 'w', properties: {}, line: 2 },
    checkpointAlgorithm: null,
    skippable: { include: ['E'], exclude: ['F'] },
    retryable: none,
    noRollback: none
  })
  t.match(model.elements.slice(1), [
    { kind: 'flow', id: 'f', next: 'p', elements: [{ id: 'fs', work: batchlet }], transitions: [] },
    { kind: 'split', id: 'p', next: 'd', flows: [{ kind: 'flow', id: 'g', next: null }] },
    { kind: 'decision', id: 'd', artifact: { ref: 'de' }, transitions: [{ kind: 'next', on: 'A', to: 'f' }] }
  ])
  t.ok(Object.isFrozen(model.elements) && Object.isFrozen((model.elements[0] as Step).work))
  t.same(structuredClone(model), JSON.parse(JSON.stringify(model)))
})

t.test('jobProperties are looked up from the inside out and only further up in the document', async t => {
  const seen = "#{jobProperties['a']}|#{jobProperties['b']}|#{jobProperties['c']}|#{jobProperties['later']}"
  const text = job(
    properties({ a: 'job', b: 'job', early: "#{jobProperties['a']}#{jobProperties['z']}", z: '1' }) +
      `<listeners><listener ref="l">${properties({ seen, c: 'listener' })}</listener></listeners>` +
      `<step id="s" start-limit="#{jobProperties['z']}">${properties({ a: 'step', own: seen })}` +
      `<batchlet ref="#{jobProperties['a']}">${properties({ c: '1', b: 'artifact', seen, later: 'x' })}</batchlet>` +
      `<end on="#{jobProperties['a']}#{jobProperties['c']}"/></step>`
  )
  const model = modelOf(text)
  const only = model.elements[0] as Step
  t.equal(model.properties['early'], 'job')
  t.equal(model.listeners[0]?.properties['seen'], 'job|job||')
  t.equal(only.properties['own'], 'step|job||')
  t.match(only.work, { artifact: { ref: 'step', properties: { seen: 'step|artifact|1|' } } })
  t.match(only, { startLimit: 1, transitions: [{ on: 'step' }] })
})

t.test(
  'parameters and system properties are put in; an unknown name is empty, also one that every object has',
  async t => {
    const value =
      "#{systemProperties['file.separator']}#{jobParameters['x']}#{jobParameters['constructor']}#{systemProperties['HOME']}"
    t.equal(
      firstStep(job(`<step id="s">${properties({ value })}<batchlet ref="b"/></step>`), { x: '#{y}' })
        .properties['value'],
      '/#{y}'
    )
    const own = firstStep(
      job(
        `<step id="s">${properties({ __proto__x: '1' }).replace('__proto__x', '__proto__')}<batchlet ref="b"/></step>`
      )
    )
    t.same(Object.entries(own.properties), [['__proto__', '1']])
  }
)

t.test('an optional attribute whose value turns out empty counts as not given', async t => {
  const empty = "#{jobParameters['none']}"
  const text = job(
    `<step id="s" next="${empty}" start-limit="${empty}" allow-start-if-complete="${empty}"><chunk item-count="${empty}" ` +
      `skip-limit="${empty}" checkpoint-policy="${empty}"><reader ref="r"/><writer ref="w"/></chunk>` +
      `<stop on="${empty}" exit-status="${empty}" restart="${empty}"/></step>`,
    `restartable="${empty}"`
  )
  t.match(modelOf(text), {
    restartable: true,
    elements: [
      {
        next: null,
        startLimit: 0,
        allowStartIfComplete: false,
        work: { itemCount: 10, skipLimit: null, checkpointPolicy: 'item' },
        transitions: [{ on: '', exitStatus: null, restart: null }]
      }
    ]
  })
})

t.test('what substitution made invalid is told all at once, with the place of the attribute', async t => {
  const p = (name: string) => `#{jobParameters['${name}']}`
  const text = `<job id="j" restartable="${p('r')}">
<step id="s" next="${p('n')}" start-limit="${p('l')}"><chunk item-count="${p('c')}"><reader ref="${p('none')}"/><writer ref="w"/></chunk>
<partition><plan partitions="${p('two')}"><properties partition="${p('two')}"/></plan></partition>
<next on="*" to="${p('t')}"/><stop on="x" restart="${p('n')}"/></step></job>`
  t.match(
    problemsWith(text, { r: 'maybe', n: 'x', l: '-1', c: 'ten', two: '2', t: 'y' }),
    [
      /^1:13 restartable .* is "maybe" after substitution/,
      /^2:14 next="x" .* leads nowhere.*\(after substitution\)/,
      /^2:43 start-limit .* "-1"/,
      /item-count .* "ten"/,
      /ref of <reader> is empty after substitution/,
      /^3:\d+ partition 2 does not exist/,
      /^4:14 to="y"/,
      /restart="x"/
    ].filter(pattern => pattern.source !== 'checkpoint-algorithm')
  )
})

t.test('references that a parameter names are followed, rings through them too', async t => {
  const text = job(step('a', 'next="#{jobParameters[\'x\']}"') + step('b', 'next="a"'))
  t.equal(firstStep(text).next, null)
  t.match(problemsWith(text, { x: 'b' }), [/ring that never ends: a → b → a/])
})

t.test('partitions without plan or mapper are a plan of one', async t => {
  const plan = { kind: 'plan', partitions: 1, threads: 0, properties: [] }
  t.same(firstStep(job(step('s', '', '<partition/>'))).partition?.plan, plan)
})

t.test(
  'properties that double each other are stopped before they fill the memory',
  { timeout: 20_000 },
  async t => {
    const lines = (first: string) => {
      const twice = (n: number) =>
        `<property name="p${n}" value="${`#{jobProperties['p${n - 1}']}`.repeat(2)}"/>`
      const all = Array.from({ length: 60 }, (_, n) =>
        n === 0 ? `<property name="p0" value="${first}"/>` : twice(n)
      )
      return `<properties>${all.join('\n')}</properties>`
    }
    for (const first of ['xxxx', "#{partitionPlan['a']}"]) {
      const source = readJob(
        job(`<step id="s"><batchlet ref="b">${lines(first)}</batchlet><partition/></step>`)
      )
      const found = problemsFrom(() => resolveJob(source, { jobParameters: {}, systemProperties: {} }))
      t.match(found, [/^2\d:\d+ the values of this job grow beyond 16777216 characters/])
    }
  }
)

t.test('a long chain of properties is fine, a long chain that waits for a partition is refused', async t => {
  const chain = (first: string) => {
    const next = (n: number) => `<property name="p${n}" value="#{jobProperties['p${n - 1}']}?:d;"/>`
    const rest = Array.from({ length: 20_000 }, (_, n) => next(n + 1)).join('')
    const list = `<properties><property name="p0" value="${first}"/>${rest}</properties>`
    return job(`<step id="s"><batchlet ref="b">${list}</batchlet><partition/></step>`)
  }
  t.match(firstStep(chain('x')).work, { artifact: { properties: { p20000: 'x' } } })
  t.match(problemsWith(chain("#{partitionPlan['a']}")), [
    /more than 64 properties that depend on a partitionPlan/
  ])
})

t.test('the property lists of a plan do not see each other', async t => {
  const list = (partition: number, entries: Record<string, string>) =>
    properties(entries).replace('<properties>', `<properties partition="${partition}">`)
  const lists =
    list(0, { x: '0', same: "#{jobProperties['x']}" }) + list(1, { seen: "[#{jobProperties['x']}]" })
  const text = job(step('s', '', `<partition><plan partitions="2">${lists}</plan></partition>`))
  t.match(firstStep(text).partition, { plan: { properties: [{ x: '0', same: '0' }, { seen: '[]' }] } })
})
