// What waits for a partition: open in the model, filled in for each partition, and never read as an expression.
import t from 'tap'
import type { Chunk } from '../../src/jsl/job-model.ts'
import { resolvePartition } from '../../src/jsl/resolve-partition.ts'
import { firstStep, job, problemsFrom, properties } from './reading.ts'

const PARTITIONED = job(
  `<step id="s">${properties({ mine: "#{partitionPlan['n']}" })}` +
    `<listeners><listener ref="l">${properties({ n: "#{partitionPlan['n']}?:none;" })}</listener></listeners>` +
    `<chunk item-count="#{partitionPlan['count']}" skip-limit="#{partitionPlan['n']}"><reader ref="#{partitionPlan['reader']}">` +
    properties({
      file: "#{jobParameters['dir']}/#{partitionPlan['file']}",
      again: "#{jobProperties['file']}.bak",
      either: "#{jobParameters['none']}?:#{partitionPlan['file']};",
      parameter: "#{jobParameters['evil']}"
    }) +
    `</reader><writer ref="w"/></chunk>` +
    `<partition><plan partitions="2"><properties partition="1">` +
    `<property name="file" value="#{jobParameters['evil']}"/><property name="copy" value="#{partitionPlan['file']}"/>` +
    `</properties></plan><collector ref="c">${properties({ f: "#{partitionPlan['file']}" })}</collector>` +
    `<analyzer ref="a">${properties({ f: "#{partitionPlan['file']}" })}</analyzer></partition>` +
    `<end on="#{partitionPlan['file']}"/></step>`
)
const EVIL = "#{partitionPlan['secret']}?:x;#{jobParameters['dir']}"
const GIVEN = { dir: 'in', evil: EVIL }
const PLAN = { n: '3', count: '7', reader: 'csvReader', file: EVIL, secret: 'leaked' }

t.test(
  'what waits for a partition is empty or default in the model, and never a reason to refuse it',
  async t => {
    const main = firstStep(PARTITIONED, GIVEN)
    t.match(main, { properties: { mine: '' }, transitions: [{ on: '' }] })
    t.match(main.work, {
      itemCount: 10,
      skipLimit: null,
      reader: { ref: '', properties: { file: '', again: '' } }
    })
    t.match(main.partition, {
      plan: { properties: [{}, { file: EVIL, copy: '' }] },
      analyzer: { properties: { f: '' } }
    })
  }
)

t.test(
  'a partition gets its own values, through a clone of the model, and no value becomes an expression',
  async t => {
    const main = structuredClone(firstStep(PARTITIONED, GIVEN))
    const own = resolvePartition(main, PLAN)
    t.match(own, { id: 's', properties: { mine: '3' }, listeners: [{ properties: { n: '3' } }] })
    t.match(own.work, { itemCount: 7, skipLimit: 3, reader: { ref: 'csvReader' }, writer: { ref: 'w' } })
    t.same((own.work as Chunk).reader.properties, {
      file: `in/${EVIL}`,
      again: `in/${EVIL}.bak`,
      either: EVIL,
      parameter: EVIL
    })
    t.match(own.partition, { collector: { properties: { f: EVIL } }, analyzer: { properties: { f: '' } } })
    t.same(own.transitions, [{ kind: 'end', on: '', exitStatus: null }])
    t.equal(own.partitionSource, undefined)
    t.ok(Object.isFrozen(own.work))
  }
)

t.test('a plan without the names gives empty values and defaults', async t => {
  const own = resolvePartition(firstStep(PARTITIONED, GIVEN), { reader: 'r' })
  t.match(own, { listeners: [{ properties: { n: 'none' } }], work: { itemCount: 10, skipLimit: null } })
})

t.test('a plan whose values do not fit is told as problems of the JSL', async t => {
  const main = firstStep(PARTITIONED, GIVEN)
  const found = problemsFrom(() => resolvePartition(main, { count: '0', reader: '' }))
  t.match(found, [/item-count of <chunk> is "0" after substitution/, /ref of <reader> is empty/])
})

t.test('a step without partition, or without such expressions, is not changed for a partition', async t => {
  const text = job(
    `<step id="s"><batchlet ref="b">${properties({ f: "x#{partitionPlan['file']}" })}</batchlet></step>`
  )
  const main = firstStep(text)
  t.match(main.work, { artifact: { properties: { f: 'x' } } })
  t.equal(resolvePartition(main, PLAN), main)
})
