// Time limits of jobs and steps, and what is refused of them, at its place in the text.
import t from 'tap'
import { JslProblems } from '../../src/jsl/jsl-problem.ts'
import { readJob } from '../../src/jsl/read-job.ts'
import { resolveJob } from '../../src/jsl/resolve-job.ts'

const NAMES = { limit: 'batchyard.timeLimitSeconds', warning: 'batchyard.timeWarningSeconds' }

function properties(values: Readonly<Record<string, string>>): string {
  const list = Object.entries(values).map(([name, value]) => `<property name="${name}" value="${value}"/>`)
  return `<properties>${list.join('\n')}</properties>`
}

function model(
  ofJob: string,
  ofStep: string,
  jobParameters: Readonly<Record<string, string>> = {},
  more = ''
) {
  const batchlet = '<batchlet ref="b"/>'
  const text = `<job id="j" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">${ofJob}
<flow id="f"><step id="s">${ofStep}${batchlet}${more}</step></flow></job>`
  return resolveJob(readJob(text), { jobParameters, systemProperties: {} })
}

function limitOfStep(ofStep: string, jobParameters?: Readonly<Record<string, string>>, more = '') {
  const [flow] = model('', ofStep, jobParameters, more).elements
  const [step] = flow?.kind === 'flow' ? flow.elements : []
  return step?.kind === 'step' ? step.timeLimit : undefined
}

t.test('a limit warns after four fifths of it, or when it says so', async t => {
  t.same(limitOfStep(properties({ [NAMES.limit]: '10' })), { limitSeconds: 10, warningSeconds: 8 })
  t.same(limitOfStep(properties({ [NAMES.limit]: '10', [NAMES.warning]: '3' })), {
    limitSeconds: 10,
    warningSeconds: 3
  })
  t.same(model(properties({ [NAMES.limit]: '60' }), '').timeLimit, { limitSeconds: 60, warningSeconds: 48 })
})

t.test('without a limit, and with one that came out empty, there is none', async t => {
  t.equal(limitOfStep(''), undefined)
  t.equal(limitOfStep(properties({ [NAMES.limit]: '' })), undefined)
  t.equal(limitOfStep(properties({ [NAMES.limit]: `#{jobParameters['none']}` })), undefined)
})

t.test('a limit may come from a job parameter', async t => {
  const late = properties({ [NAMES.limit]: `#{jobParameters['most']}` })
  t.same(limitOfStep(late, { most: '5' }), { limitSeconds: 5, warningSeconds: 4 })
  t.throws(
    () => limitOfStep(late, { most: 'soon' }),
    /timeLimitSeconds of <step id="s"> is "soon" after substitution/
  )
})

for (const value of ['0', '-1', '1.5', '1e3', 'Infinity', '2147483648', '99999999999999999999999', '１０'])
  t.test(`a limit of ${value} s is refused at its line and column`, async t => {
    for (const name of Object.values(NAMES)) {
      const given = properties({
        x: '',
        ...(name === NAMES.warning && { [NAMES.limit]: '9' }),
        [name]: value
      })
      for (const run of [() => model(given, ''), () => model('', given)]) {
        const error = t.throws(run) as unknown
        t.ok(error instanceof JslProblems)
        const { problems } = error as JslProblems
        t.match(problems, [{ message: /must be a whole number from 1/ }])
        t.ok(problems[0]!.line > 1 && problems[0]!.column > 1)
      }
    }
  })

t.test('a warning needs a limit, and comes before it', async t => {
  t.throws(
    () => limitOfStep(properties({ [NAMES.warning]: '5' })),
    /needs batchyard.timeLimitSeconds beside it/
  )
  t.throws(() => limitOfStep(properties({ [NAMES.limit]: '5', [NAMES.warning]: '5' })), /must be less than/)
})

t.test('a limit that depends on the partition is refused', async t => {
  const late = properties({ [NAMES.limit]: `#{partitionPlan['most']}` })
  const partitions = '<partition><plan partitions="2"/></partition>'
  t.throws(() => limitOfStep(late, {}, partitions), /depends on the partition/)
})
