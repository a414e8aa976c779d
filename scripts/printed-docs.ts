// Documents that repeat what the sources say, as they should be: `npm run docs:print` writes them, the house test compares.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { auditBlocks } from './audit-doc.ts'
import { configBlocks, envExample } from './config-doc.ts'
import { ROOT } from './root.ts'
import { bulkStatusBlocks, statusBlocks } from './status-doc.ts'

export interface PrintedDoc {
  /** From the checkout's directory. */
  readonly path: string
  readonly found: string
  readonly expected: string
}

/** Rejects when a document lacks the place of a block. */
export async function printedDocs(): Promise<PrintedDoc[]> {
  return [
    await markdown('docs/audit.md', auditBlocks()),
    await markdown('docs/batch-status.md', statusBlocks()),
    await markdown('docs/bulk-jobs.md', bulkStatusBlocks()),
    await markdown('docs/configuration.md', configBlocks()),
    { path: '.env.example', found: await textOf('.env.example'), expected: envExample() }
  ]
}

/** The text between `<!-- printed: name -->` and `<!-- end -->` is replaced, the rest is written by hand. */
async function markdown(path: string, blocks: Readonly<Record<string, string>>): Promise<PrintedDoc> {
  const found = await textOf(path)
  let expected = found
  for (const [name, block] of Object.entries(blocks)) {
    const place = new RegExp(`(<!-- printed: ${name} -->\n).*?(<!-- end -->)`, 's')
    if (!place.test(expected)) throw new Error(`${path} has no place for ${name}`)
    expected = expected.replace(place, (_, begin: string, end: string) => `${begin}\n${block}\n\n${end}`)
  }
  const options = await resolveConfig(join(ROOT, path))
  return { path, found, expected: await format(expected, { ...options, parser: 'markdown' }) }
}

async function textOf(path: string): Promise<string> {
  return await readFile(join(ROOT, path), 'utf8')
}
