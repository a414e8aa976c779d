// What a run prints at its end: every case by area, what went wrong with each failed one, and a summary.
import type { CaseResult } from './run-cases.ts'

const SIGNS = { passed: '  ok  ', failed: 'FAILED', skipped: ' skip ' } as const

export function reportOf(results: readonly CaseResult[]): string {
  const byArea = Map.groupBy(results, ({ tckCase }) => tckCase.area)
  const lines: string[] = []
  for (const [area, cases] of [...byArea].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    lines.push(`${area}: ${countsOf(cases)}`)
    for (const { tckCase, verdict, milliseconds, reason } of cases) {
      const why = verdict === 'skipped' ? `: ${reason}` : ` (${milliseconds} ms)`
      lines.push(`  ${SIGNS[verdict]} ${tckCase.id}${why}`)
    }
  }
  for (const { tckCase, reason, jobLogs } of results.filter(({ verdict }) => verdict === 'failed')) {
    lines.push('', `FAILED ${tckCase.id}`, `  ${tckCase.title}`, `  ${reason}`)
    for (const log of jobLogs) lines.push(indented(log))
  }
  return lines.join('\n')
}

/** `12 passed, 1 failed`: what there is none of is left out. */
export function countsOf(results: readonly CaseResult[]): string {
  const counts = (['passed', 'failed', 'skipped'] as const).map(
    verdict => [verdict, results.filter(result => result.verdict === verdict).length] as const
  )
  return counts
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ')
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
