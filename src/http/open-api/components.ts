// Without this the description would say what a job instance is once for each of some eighty answers.

interface Schema {
  readonly [keyword: string]: unknown
}

/**
 * Moves every schema with a title to `components.schemas` under it, and refers to it where it stood. Two schemas of one
 * title must be the same.
 */
export function withComponents<Document extends Schema>(document: Document): Document {
  const components = new Map<string, Schema>()
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([name, member]) => [name, moved(member)] as const)
    const copy: Schema = Object.fromEntries(entries)
    const name = copy['title']
    if (typeof name !== 'string' || !isSchema(copy)) return copy
    const known = components.get(name)
    if (known === undefined) components.set(name, copy)
    else if (JSON.stringify(known) !== JSON.stringify(copy))
      throw new Error(`two schemas of the API's description are called ${name}`)
    return { $ref: `#/components/schemas/${name}` }
  }
  const paths = moved(document['paths'])
  const schemas = Object.fromEntries([...components].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { ...document, paths, components: { ...(document['components'] as object), schemas } }
}

/** Not the `properties` of one, where a member may be called title. */
function isSchema(value: Schema): boolean {
  return typeof value['type'] === 'string' || Array.isArray(value['anyOf'])
}
