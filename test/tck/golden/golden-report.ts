import type { CaseResult } from '../run-cases.ts'
import type { TckFolder } from '../tck-folder.ts'
export async function goldenReport(_f: TckFolder, _r: readonly CaseResult[]): Promise<string> {
  return ''
}
