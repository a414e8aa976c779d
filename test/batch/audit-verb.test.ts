// The list of the audit's verbs against what is written.
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { AUDIT_VERBS } from '../../src/batch/audit-verb.ts'

const ROOT = path.join(import.meta.dirname, '../..')

t.test('each verb is written somewhere', async t => {
  const sources: string[] = []
  for await (const file of glob('src/**/*.ts', { cwd: ROOT }))
    if (file !== path.join('src', 'batch', 'audit-verb.ts'))
      sources.push(await readFile(path.join(ROOT, file), 'utf8'))
  const all = sources.join('\n')
  for (const verb of Object.keys(AUDIT_VERBS)) t.ok(all.includes(`'${verb}'`), verb)
})
