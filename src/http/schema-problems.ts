// What a schema found wrong with a request, field by field: the validator tells it in keywords, once for each of their branches.
import type { FieldProblem } from '../batch/field-problem.ts'

/** As the validator gives it. */
export interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly schemaPath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

/** `whole`: what the path of the whole is, e.g. `body`. */
export function schemaProblems(errors: readonly SchemaError[], whole: string): FieldProblem[] {
  const unions = errors.filter(error => error.keyword === 'anyOf')
  const outermost = unions.filter(union => !unions.some(other => isWithin(union, other)))
  const alone = errors.filter(error => !outermost.some(union => error === union || isWithin(error, union)))
  const problems = [
    ...alone.flatMap(error => problemsOf(error, whole)),
    ...outermost.flatMap(union => problemsOfUnion(union, errors, whole))
  ]
  // Beside `additionalProperties` each unknown field is told of once more.
  return [...new Map(problems.map(problem => [`${problem.path}\n${problem.message}`, problem])).values()]
}

function isWithin(error: SchemaError, union: SchemaError): boolean {
  return (
    error.schemaPath.startsWith(`${union.schemaPath}/anyOf/`) &&
    `${error.instancePath}/`.startsWith(`${union.instancePath}/`)
  )
}

/** The branch that fits best is what was meant; where none is near, what there might be. */
function problemsOfUnion(union: SchemaError, errors: readonly SchemaError[], whole: string): FieldProblem[] {
  const branches = new Map<string, SchemaError[]>()
  for (const error of errors.filter(each => isWithin(each, union))) {
    const branch = error.schemaPath.slice(union.schemaPath.length + '/anyOf/'.length).split('/')[0]!
    branches.set(branch, [...(branches.get(branch) ?? []), error])
  }
  const path = pathOf(union.instancePath, whole)
  const near = [...branches.values()].filter(branch => !branch.some(error => isOther(error, union)))
  const best = near.map(branch => schemaProblems(branch, whole)).toSorted((a, b) => a.length - b.length)[0]
  if (best !== undefined) return best
  const kinds = [...branches.values()].map(branch => {
    const others = branch.filter(error => isOther(error, union))
    const { params } = others.find(({ keyword }) => keyword === 'const') ?? others[0]!
    return shown(params['allowedValue'] ?? params['type'])
  })
  return [{ path, message: `must be ${[...new Set(kinds)].join(' or ')}` }]
}

/** The value is of another kind altogether. */
function isOther({ keyword, instancePath }: SchemaError, union: SchemaError): boolean {
  return (keyword === 'type' || keyword === 'const') && instancePath === union.instancePath
}

function problemsOf({ keyword, instancePath, params, message }: SchemaError, whole: string): FieldProblem[] {
  const below = (name: string) => pathOf(`${instancePath}/${escaped(name)}`, whole)
  switch (keyword) {
    case 'boolean':
      return [{ path: pathOf(instancePath, whole), message: UNKNOWN }]
    case 'additionalProperties':
      return names(params['additionalProperties']).map(name => ({ path: below(name), message: UNKNOWN }))
    case 'required':
      return names(params['requiredProperties']).map(name => ({ path: below(name), message: 'is missing' }))
    case 'const':
      return [{ path: pathOf(instancePath, whole), message: `must be ${shown(params['allowedValue'])}` }]
    case 'enum': {
      const allowed = names(params['allowedValues']).join(', ')
      return [{ path: pathOf(instancePath, whole), message: `must be one of ${allowed}` }]
    }
    default:
      return [{ path: pathOf(instancePath, whole), message: message ?? 'is not valid' }]
  }
}

const UNKNOWN = 'is not known here'

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const LONGEST_NAME = 100

/** A JSON pointer in the way a program would write it. */
function pathOf(pointer: string, whole: string): string {
  const text = pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map(part => (/^\d+$/.test(part) ? `[${part}]` : `.${part.slice(0, LONGEST_NAME).toWellFormed()}`))
    .join('')
  return text === '' ? whole : text.replace(/^\./, '')
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
