// System properties belong to a server, not to a job: cases whose JSL reads one with different values need different servers.
import { EOL } from 'node:os'
import { delimiter, sep } from 'node:path'
import type { TckCase } from './tck-folder.ts'

export interface CaseToRun {
  readonly tckCase: TckCase
  /** By the name `start` takes. */
  readonly jobXMLs: ReadonlyMap<string, string>
}

export interface ServerGroup {
  readonly systemProperties: Readonly<Record<string, string>>
  readonly cases: readonly CaseToRun[]
}

/** What every Java has. */
const OF_EVERY_JAVA = { 'file.separator': sep, 'path.separator': delimiter, 'line.separator': EOL }

const READ = /systemProperties\s*\[\s*'([^']*)'\s*\]/g

/** The system properties that the JSL of a case reads. */
export function systemPropertiesRead({ jobXMLs }: CaseToRun): ReadonlySet<string> {
  return new Set([...jobXMLs.values()].flatMap(text => [...text.matchAll(READ)].map(([, name]) => name!)))
}

/** As few servers as possible, cases in their order: a case joins the first one whose properties do not contradict it. */
export function groupByServer(cases: readonly CaseToRun[]): readonly ServerGroup[] {
  const groups: { systemProperties: Record<string, string>; cases: CaseToRun[] }[] = []
  for (const one of cases) {
    const needed = setAndRead(one)
    const fits = groups.find(({ systemProperties }) =>
      Object.entries(needed).every(([name, value]) => (systemProperties[name] ?? value) === value)
    )
    if (fits === undefined) groups.push({ systemProperties: { ...OF_EVERY_JAVA, ...needed }, cases: [one] })
    else {
      Object.assign(fits.systemProperties, needed)
      fits.cases.push(one)
    }
  }
  return groups
}

/** What the case sets and its JSL reads; all else that it sets is for its artifacts, which have a file for that. */
function setAndRead(one: CaseToRun): Readonly<Record<string, string>> {
  const read = systemPropertiesRead(one)
  const set = one.tckCase.steps.filter(({ op }) => op === 'setSystemProperty')
  return Object.fromEntries(
    set.map(({ name = '', value = '' }) => [name, value] as const).filter(([name]) => read.has(name))
  )
}
