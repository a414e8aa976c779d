// Reads batch.xml, which gives artifacts ids of their own; without it JSL that came from a Java archive would not find them.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { decodeXML } from './decode-xml.ts'

const PLACES = ['batch.xml', join('META-INF', 'batch.xml')] as const

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseAttributeValue: false,
  processEntities: false,
  isArray: (_name, path) => path === 'batch-artifacts.ref'
})

/**
 * JSR-352 §10.5: `<batch-artifacts><ref id="…" class="…"/></batch-artifacts>`, an id for a class, here for an export.
 * Of one id in two places the first counts.
 * @throws Error naming file and fault
 */
export async function readBatchXML(directory: string): Promise<ReadonlyMap<string, string>> {
  const classes = new Map<string, string>()
  for (const place of PLACES) {
    const bytes = await bytesOf(join(directory, place))
    if (bytes === null) continue
    try {
      for (const ref of refsIn(decodeXML(bytes))) if (!classes.has(ref.id)) classes.set(ref.id, ref.class)
    } catch (error) {
      const reason = (error as Error).message
      throw new Error(`${place} of application ${basename(directory)} cannot be read: ${reason}`, {
        cause: error
      })
    }
  }
  return classes
}

function refsIn(text: string): readonly { id: string; class: string }[] {
  if (text.includes('<!DOCTYPE')) throw new Error('it has a document type declaration')
  // Its validation is to become a package of its own; ours (jsl/check-well-formed.ts) is for JSL, a room this one does not know.
  // oxlint-disable-next-line typescript/no-deprecated
  const document = parser.parse(text, true) as { 'batch-artifacts'?: { ref?: unknown[] } | '' }
  const root = document['batch-artifacts']
  if (root === undefined) throw new Error('its root is not batch-artifacts')
  const refs = root === '' ? [] : (root.ref ?? [])
  return refs.map(ref => {
    const { id, class: name } = ref as { id?: string; class?: string }
    if (!id || !name) throw new Error('a ref needs both id and class')
    return { id, class: name }
  })
}

async function bytesOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}
