// The grammar of JSL as a table (JSR-352 jobXML schema): which attributes and which children, in which order, an element may have.

export interface ElementRule {
  readonly attributes: Readonly<Record<string, 'required' | 'optional'>>
  /** In this order. */
  readonly children: readonly ChildRule[]
}

/** One place in the order of children: any of `names`, at least `least` and at most `most` of them. */
export interface ChildRule {
  readonly names: readonly string[]
  readonly least: 0 | 1
  readonly most: number
}

const optional = (...names: string[]): ChildRule => ({ names, least: 0, most: 1 })
const required = (...names: string[]): ChildRule => ({ names, least: 1, most: 1 })
const any = (...names: string[]): ChildRule => ({ names, least: 0, most: Infinity })
const some = (...names: string[]): ChildRule => ({ names, least: 1, most: Infinity })

const EXECUTION_ELEMENTS = ['step', 'flow', 'split', 'decision']
const transitions = any('end', 'fail', 'next', 'stop')
const artifact: ElementRule = { attributes: { ref: 'required' }, children: [optional('properties')] }
const exceptionClasses: ElementRule = { attributes: {}, children: [any('include'), any('exclude')] }
const exceptionClass: ElementRule = { attributes: { class: 'required' }, children: [] }
const ending: ElementRule = { attributes: { on: 'required', 'exit-status': 'optional' }, children: [] }

const RULES: Readonly<Record<string, ElementRule>> = {
  job: {
    attributes: { id: 'required', version: 'optional', restartable: 'optional' },
    children: [optional('properties'), optional('listeners'), some(...EXECUTION_ELEMENTS)]
  },
  properties: { attributes: {}, children: [any('property')] },
  'plan/properties': { attributes: { partition: 'optional' }, children: [any('property')] },
  property: { attributes: { name: 'required', value: 'required' }, children: [] },
  listeners: { attributes: {}, children: [any('listener')] },
  listener: artifact,
  step: {
    attributes: {
      id: 'required',
      'start-limit': 'optional',
      'allow-start-if-complete': 'optional',
      next: 'optional'
    },
    children: [
      optional('properties'),
      optional('listeners'),
      required('batchlet', 'chunk'),
      optional('partition'),
      transitions
    ]
  },
  batchlet: artifact,
  chunk: {
    attributes: {
      'checkpoint-policy': 'optional',
      'item-count': 'optional',
      'time-limit': 'optional',
      'skip-limit': 'optional',
      'retry-limit': 'optional'
    },
    children: [
      required('reader'),
      optional('processor'),
      required('writer'),
      optional('checkpoint-algorithm'),
      optional('skippable-exception-classes'),
      optional('retryable-exception-classes'),
      optional('no-rollback-exception-classes')
    ]
  },
  reader: artifact,
  processor: artifact,
  writer: artifact,
  'checkpoint-algorithm': artifact,
  'skippable-exception-classes': exceptionClasses,
  'retryable-exception-classes': exceptionClasses,
  'no-rollback-exception-classes': exceptionClasses,
  include: exceptionClass,
  exclude: exceptionClass,
  partition: {
    attributes: {},
    children: [optional('mapper', 'plan'), optional('collector'), optional('analyzer'), optional('reducer')]
  },
  plan: { attributes: { partitions: 'optional', threads: 'optional' }, children: [any('properties')] },
  mapper: artifact,
  collector: artifact,
  analyzer: artifact,
  reducer: artifact,
  flow: {
    attributes: { id: 'required', next: 'optional' },
    children: [some(...EXECUTION_ELEMENTS), transitions]
  },
  split: { attributes: { id: 'required', next: 'optional' }, children: [some('flow')] },
  decision: {
    attributes: { id: 'required', ref: 'required' },
    children: [optional('properties'), transitions]
  },
  next: { attributes: { on: 'required', to: 'required' }, children: [] },
  end: ending,
  fail: ending,
  stop: { attributes: { on: 'required', 'exit-status': 'optional', restart: 'optional' }, children: [] }
}

/** The rule of an element that stands in `parent` (`''` for the root); `undefined` for a name JSL does not have. */
export function ruleOf(name: string, parent: string): ElementRule | undefined {
  const key = parent === 'plan' && name === 'properties' ? 'plan/properties' : name
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined
}
