// What the tests of this room share: small jobs, and the problems or the model they give.
import type { Step } from '../../src/jsl/job-model.ts'
import { JslProblems } from '../../src/jsl/jsl-problem.ts'
import { readJob } from '../../src/jsl/read-job.ts'
import { resolveJob } from '../../src/jsl/resolve-job.ts'

/** The problems `action` throws; none if it succeeds. */
export function problemsFrom(action: () => unknown): string[] {
  try {
    action()
    return []
  } catch (error) {
    if (!(error instanceof JslProblems)) throw error
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
  }
}

/** The problems of a JSL as written. */
export const problemsOf = (text: string): string[] => problemsFrom(() => readJob(text))

/** The problems of a JSL that reads well, with these job parameters. */
export function problemsWith(text: string, jobParameters: Record<string, string> = {}): string[] {
  const source = readJob(text)
  return problemsFrom(() => resolveJob(source, { jobParameters, systemProperties: {} }))
}

/** The model of a JSL with these job parameters. */
export function modelOf(text: string, jobParameters: Record<string, string> = {}) {
  return resolveJob(readJob(text), { jobParameters, systemProperties: { 'file.separator': '/' } })
}

/** A job around execution elements. */
export const job = (body: string, attributes = ''): string => `<job id="j" ${attributes}>${body}</job>`

/** A step with a batchlet. */
export function step(id: string, attributes = '', after = ''): string {
  return `<step id="${id}" ${attributes}><batchlet ref="b"/>${after}</step>`
}

/** The first element of the model, a step. */
export const firstStep = (text: string, parameters: Record<string, string> = {}) =>
  modelOf(text, parameters).elements[0] as Step

/** A `<properties>` list. */
export const properties = (entries: Record<string, string>) =>
  `<properties>${Object.entries(entries)
    .map(([name, value]) => `<property name="${name}" value="${value}"/>`)
    .join('')}</properties>`
