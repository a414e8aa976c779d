// `npm run docs:print`: brings the printed parts of documents up to date after a status, an edge or a setting changed.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printedDocs } from './printed-docs.ts'
import { ROOT } from './root.ts'

for (const { path, found, expected } of await printedDocs())
  if (found !== expected) {
    await writeFile(join(ROOT, path), expected)
    console.log(`wrote ${path}`)
  }
