// The table of docs/audit.md, printed from src/batch: a verb that is not told of would be searched for in vain.
import { AUDIT_VERBS } from '../src/batch/audit-verb.ts'

/** The printed blocks of docs/audit.md by name. */
export function auditBlocks(): Record<string, string> {
  const lines = Object.entries(AUDIT_VERBS).map(([verb, sentence]) => `| \`${verb}\` | ${sentence} |`)
  return { verbs: ['| `what` | when |', '| --- | --- |', ...lines].join('\n') }
}
