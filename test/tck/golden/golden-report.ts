// The second check: do artifacts get the same calls in the same order as from the engine the folder's recordings were made on?
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RecordedCall, RecordedInstance } from '../application/call-recorder.ts'
import type { CaseResult } from '../run-cases.ts'
import { jobXMLsOf, type TckCase, type TckFolder } from '../tck-folder.ts'
import { classOf, type ComparedCall, numbered, readGolden } from './golden-recording.ts'
import { NEUTRAL_DIFFERENCES } from './neutral-differences.ts'
import { callText, sameCall } from './same-call.ts'

const SHOWN_BEFORE = 3

type Comparison =
  | { readonly verdict: 'agrees'; readonly calls: number; readonly neutral: readonly string[] }
  | { readonly verdict: 'differs'; readonly text: string }
  | { readonly verdict: 'incomparable'; readonly text: string }

/** One line for each case, the place of each difference, and a summary. */
export async function goldenReport(folder: TckFolder, results: readonly CaseResult[]): Promise<string> {
  const nameOf = await canonicalNames(folder)
  const lines: string[] = ['Order of artifact calls, against the recordings:']
  const counts = { agrees: 0, differs: 0, incomparable: 0 }
  for (const { tckCase, recordings, verdict } of results) {
    if (tckCase.golden === undefined || recordings === null || verdict === 'skipped') continue
    const comparison = (await runsInThreads(folder, tckCase))
      ? { verdict: 'incomparable' as const, text: 'several threads run' }
      : await compare(join(folder.directory, tckCase.golden), recordings, nameOf)
    counts[comparison.verdict]++
    if (comparison.verdict === 'agrees') {
      const but = comparison.neutral.length === 0 ? '' : `, but for: ${comparison.neutral.join('; ')}`
      lines.push(`  agrees        ${tckCase.id} (${comparison.calls} calls${but})`)
    } else if (comparison.verdict === 'differs') lines.push(`  DIFFERS       ${tckCase.id}`, comparison.text)
    else lines.push(`  not compared  ${tckCase.id}: ${comparison.text}`)
  }
  lines.push(
    `Call order: ${counts.agrees} agree, ${counts.differs} differ, ${counts.incomparable} cannot be compared`
  )
  return lines.join('\n')
}

/** Flows of a split and partitions, whichever of them the recording's threads happened to be. */
async function runsInThreads(folder: TckFolder, tckCase: TckCase): Promise<boolean> {
  const texts = await jobXMLsOf(folder, tckCase)
  return [...texts.values()].some(text => /<(split|partition)\b/.test(text))
}

async function compare(
  file: string,
  recordings: readonly string[],
  nameOf: (artifact: string) => string
): Promise<Comparison> {
  const golden = await readGolden(file, nameOf)
  if (golden.kind === 'incomparable') return { verdict: 'incomparable', text: golden.reason }
  // Where other engines run an invalid JSL and let it fail, we refuse the submit.
  if (recordings.length === 0) return { verdict: 'incomparable', text: 'nothing was started here' }
  const { executions, methods } = await readOurs(recordings, nameOf)
  if (executions.length !== golden.calls.length)
    return {
      verdict: 'differs',
      text: `    ${executions.length} executions, and ${golden.calls.length} there`
    }
  const neutral = new Set<string>()
  for (const [index, ours] of executions.entries()) {
    const theirs = golden.calls[index]!.filter(
      ({ artifact, method }) => methods.get(artifact.split('#')[0]!)?.has(method) ?? true
    )
    const difference = agreement(theirs, ours, neutral)
    if (difference !== null)
      return { verdict: 'differs', text: `    execution ${index + 1} of the case\n${difference}` }
  }
  return { verdict: 'agrees', calls: executions.flat().length, neutral: [...neutral] }
}

/** `null`: the same, if need be after taking away neutral differences, whose names are added to `neutral`. */
function agreement(
  theirs: readonly ComparedCall[],
  ours: readonly ComparedCall[],
  neutral: Set<string>
): string | null {
  let [golden, own] = [theirs, ours]
  for (const { name, normalise } of NEUTRAL_DIFFERENCES) {
    if (differenceAt(golden, own) === null) break
    const [shorter, ownShorter] = [normalise(golden), normalise(own)]
    // A rule that changes nothing in what is compared is none that was needed.
    if (!sameList(golden, shorter) || !sameList(own, ownShorter)) neutral.add(name)
    golden = shorter
    own = ownShorter
  }
  const at = differenceAt(golden, own)
  if (at === null) return null
  const before = golden.slice(Math.max(0, at - SHOWN_BEFORE), at).map(call => `      ${callText(call)}`)
  const there = golden.slice(at, at + 2).map(call => `      there: ${callText(call)}`)
  const here = own.slice(at, at + 2).map(call => `      here:  ${callText(call)}`)
  return [
    `    call ${at + 1} of ${golden.length} there, ${own.length} here`,
    ...before,
    ...there,
    ...here
  ].join('\n')
}

function differenceAt(golden: readonly ComparedCall[], ours: readonly ComparedCall[]): number | null {
  const at = golden.findIndex((call, index) => ours[index] === undefined || !sameCall(call, ours[index]))
  if (at >= 0) return at
  return ours.length > golden.length ? golden.length : null
}

function sameList(one: readonly ComparedCall[], other: readonly ComparedCall[]): boolean {
  return one.length === other.length && one.every((call, index) => call === other[index])
}

/** Our calls of each execution, and what each artifact can be called for. */
async function readOurs(
  recordings: readonly string[],
  nameOf: (artifact: string) => string
): Promise<{ executions: (readonly ComparedCall[])[]; methods: ReadonlyMap<string, ReadonlySet<string>> }> {
  const methods = new Map<string, ReadonlySet<string>>()
  const executions: (readonly ComparedCall[])[] = []
  for (const file of recordings) {
    // No file: no artifact was called.
    const text = await readFile(file, 'utf8').catch(() => '')
    const lines = text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as RecordedInstance | RecordedCall)
    for (const line of lines)
      if ('methods' in line) methods.set(nameOf(line.artifact.split('#')[0]!), new Set(line.methods))
    const calls = lines.filter(line => 'method' in line)
    const compared = calls.map(({ artifact, method, at, args = [], ret, throws }) => ({
      artifact,
      method,
      at,
      args,
      ret,
      throws: throws === undefined ? null : classOf(throws)
    }))
    executions.push(numbered(compared, nameOf))
  }
  return { executions, methods }
}

/** Several names may stand for one artifact: the first of them is meant. */
async function canonicalNames(folder: TckFolder): Promise<(artifact: string) => string> {
  const { artifacts } = (await import(pathToFileURL(folder.artifacts).href)) as {
    artifacts: Readonly<Record<string, unknown>>
  }
  const names = new Map<unknown, string>()
  for (const [name, factory] of Object.entries(artifacts)) if (!names.has(factory)) names.set(factory, name)
  return artifact => names.get(artifacts[artifact]) ?? artifact
}
