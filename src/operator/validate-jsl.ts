// Says all that is wrong with a JSL, and what is odd about it, as a submit would find it: without submitting it.
import { isExported } from '../applications/artifact-names.ts'
import { BatchError } from '../batch/batch-error.ts'
import { unstorable } from '../batch/text.ts'
import { type ArtifactReference, outlineOf } from '../jsl/job-outline.ts'
import type { JobSource } from '../jsl/job-source.ts'
import { type JslProblem, JslProblems, shown } from '../jsl/jsl-problem.ts'
import { readJob } from '../jsl/read-job.ts'
import { resolveJob } from '../jsl/resolve-job.ts'
import type { Caller } from './caller.ts'
import { checkJobParameters, checkName } from './check-submission.ts'
import type { OperatorOptions } from './operator-options.ts'
import { unitSettingsOf } from './unit-settings.ts'

export interface JslToValidate {
  readonly jsl: string
  /** Whose artifacts its `ref`s name; `null` = not said, and they are not looked for. */
  readonly application: string | null
  /** `null` = not said: what is wrong only without them is a warning. */
  readonly jobParameters: Readonly<Record<string, string>> | null
}

export interface JudgedProblem extends JslProblem {
  readonly severity: 'error' | 'warning'
}

export interface JslVerdict {
  /** A submit would accept it. */
  readonly valid: boolean
  /** `null` where it could not be read. */
  readonly jobName: string | null
  /** Ids of all steps, in document order; none where it could not be read. */
  readonly steps: readonly string[]
  /** In document order. */
  readonly problems: readonly JudgedProblem[]
}

type Options = Pick<OperatorOptions, 'installed' | 'artifactNames' | 'caps' | 'known'>

/** Rejects with ApplicationUnknown, and for parameters that no submit would accept. */
export async function validateJsl(
  options: Options,
  { jsl, application, jobParameters }: JslToValidate,
  caller: Caller
): Promise<JslVerdict> {
  checkJobParameters(jobParameters ?? {})
  if (application !== null) await options.known.require(application)
  const values = { jobParameters: jobParameters ?? {}, systemProperties: {} }
  let source: JobSource
  try {
    refuseUnstorable(jsl)
    source = readJob(jsl)
  } catch (error) {
    return { valid: false, jobName: null, steps: [], problems: judged(problemsOf(error), 'error') }
  }
  const resolving = problemsIn(() => {
    const model = resolveJob(source, values)
    checkName('jobName', model.id)
    unitSettingsOf(model, { submitter: caller.user, jobParameters: values.jobParameters }, options.caps)
  })
  const unresolved =
    jobParameters === null ? judged(resolving.map(without), 'warning') : judged(resolving, 'error')
  let outline
  try {
    outline = outlineOf(source, values)
  } catch (error) {
    return { valid: false, jobName: source.id, steps: [], problems: judged(problemsOf(error), 'error') }
  }
  const unknown = application === null ? [] : await unknownRefs(options, application, outline.refs)
  const problems = [...unresolved, ...judged([...outline.slips, ...unknown], 'warning')]
  return {
    valid: problems.every(({ severity }) => severity === 'warning'),
    jobName: source.id,
    steps: outline.steps,
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }
}

function refuseUnstorable(jsl: string): void {
  const flaw = unstorable(jsl)
  if (flaw === null) return
  throw new JslProblems([{ ...START, message: `the text contains ${flaw}, which PostgreSQL cannot store` }])
}

const START = { line: 1, column: 1 }

function problemsIn(check: () => void): readonly JslProblem[] {
  try {
    check()
    return []
  } catch (error) {
    return problemsOf(error)
  }
}

/** What a submit would refuse. @throws anything else as it is */
function problemsOf(error: unknown): readonly JslProblem[] {
  if (error instanceof JslProblems) return error.problems
  if (!(error instanceof BatchError)) throw error
  const { problems } = error.details as { problems?: readonly JslProblem[] }
  return problems ?? [{ ...START, message: error.message }]
}

function without(problem: JslProblem): JslProblem {
  return { ...problem, message: `without job parameters: ${problem.message}` }
}

function judged(problems: readonly JslProblem[], severity: JudgedProblem['severity']): JudgedProblem[] {
  return problems.map(({ line, column, message }) => ({ line, column, message, severity }))
}

async function unknownRefs(
  { installed, artifactNames, known }: Options,
  name: string,
  refs: readonly ArtifactReference[]
): Promise<JslProblem[]> {
  const application = (await installed.applications()).get(name)
  const unclear = (why: string) => [
    { ...START, message: `which artifacts application ${name} has could not be found out: ${why}` }
  ]
  let missing = refs
  if (application !== undefined) {
    try {
      const names = await artifactNames(application)
      missing = refs.filter(({ ref }) => !isExported(names, ref))
    } catch (error) {
      return unclear(error instanceof Error ? error.message : String(error))
    }
  }
  if (missing.length === 0) return []
  // Another server may have another version of it.
  const published = await known.publishedArtifacts(name)
  if (application === undefined && published === null) return unclear('no server that has it has said so yet')
  return missing
    .filter(({ ref }) => published?.has(ref) !== true)
    .map(({ ref, line, column }) => ({
      line,
      column,
      message: `no artifact of application ${name} is called ${shown(ref)}; its step would fail`
    }))
}
