// XML text -> a small tree with positions; the only file that knows the XML parser, and the place where hostile XML is refused.
import { XMLParser } from 'fast-xml-parser'
import { checkWellFormed, XmlFlaw } from './check-well-formed.ts'
import { JslProblems, shown, type Position } from './jsl-problem.ts'
import { TextLines } from './text-lines.ts'

/** The largest JSL text accepted, in bytes of UTF-8 (8 MiB). */
export const MAX_JSL_BYTES = 8 * 1024 * 1024

export interface XmlAttribute extends Position {
  /** As written, with its prefix. */
  readonly name: string
  readonly localName: string
  /** The namespace of the prefix; `''` without one. */
  readonly namespace: string
  readonly value: string
}

export interface XmlElement extends Position {
  readonly name: string
  readonly localName: string
  /** `''` = in no namespace. */
  readonly namespace: string
  /** In document order, without the namespace declarations. */
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** Where the first text that is not white space stands directly in this element. */
  readonly text: (Position & { readonly value: string }) | null
}

type Scope = { readonly outer: Scope | null; readonly prefixes: ReadonlyMap<string, string> }
type ParsedNode = Record<string, unknown>
interface Source {
  readonly text: string
  readonly lines: TextLines
}

const META = XMLParser.getMetaDataSymbol() as unknown as keyof ParsedNode
const FOREVER: Scope = {
  outer: null,
  prefixes: new Map([
    ['', ''],
    ['xml', 'http://www.w3.org/XML/1998/namespace']
  ])
}
const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const ATTRIBUTE = /[ \t\r\n]*([^ \t\r\n=/>]+)[ \t\r\n]*=[ \t\r\n]*(?:"[^"]*"|'[^']*')/y

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: false,
  ignoreDeclaration: true,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // References are decoded here: the parser's decoder knows entities that XML does not, and leaves numeric ones alone.
  processEntities: false,
  jPath: false,
  onDangerousProperty: name => name
})

/**
 * Reads one XML document; a byte order mark and an encoding declaration are passed over, the text is already decoded.
 *
 * @throws {JslProblems} with exactly one problem: the place where the text stops being acceptable XML
 */
export function parseXml(document: string): XmlElement {
  let text = document.startsWith('\uFEFF') ? document.slice(1) : document
  if (text.length > MAX_JSL_BYTES || Buffer.byteLength(text) > MAX_JSL_BYTES) {
    throw new JslProblems([{ line: 1, column: 1, message: `the JSL is larger than ${MAX_JSL_BYTES} bytes` }])
  }
  const lines = new TextLines(text)
  try {
    text = blanked(text, checkWellFormed(text, lines))
    const nodes = parser.parse(text) as ParsedNode[]
    const root = nodes.find(node => META in node)
    if (root === undefined) throw new Error('the parser lost the root element of a well-formed text')
    return toElement(root, FOREVER, { text, lines })
  } catch (flaw) {
    if (!(flaw instanceof XmlFlaw)) throw flaw
    throw new JslProblems([{ ...lines.at(flaw.offset), message: flaw.message }])
  }
}

/** The parser reads quotes inside of a processing instruction, XML does not; what stays keeps its place. */
function blanked(text: string, ranges: readonly (readonly [number, number])[]): string {
  if (ranges.length === 0) return text
  let at = 0
  const pieces: string[] = []
  for (const [from, to] of ranges) {
    pieces.push(text.slice(at, from), ' '.repeat(to - from))
    at = to
  }
  return pieces.join('') + text.slice(at)
}

function toElement(node: ParsedNode, outer: Scope, source: Source): XmlElement {
  const name = Object.keys(node).find(key => key !== ':@') ?? ''
  const { startIndex } = node[META] as { startIndex: number }
  const raw = (node[':@'] ?? {}) as Readonly<Record<string, string>>
  const { offsets, end } = attributeOffsets(source.text, startIndex + 1 + name.length)
  const values = [...offsets].map(([key, offset]) => ({ name: key, offset, value: decode(raw[key] ?? '') }))
  const scope = withDeclarations(values, outer)
  const attributes = values
    .filter(({ name: key }) => key !== 'xmlns' && !key.startsWith('xmlns:'))
    .map(({ name: key, offset, value }) => ({
      ...qualified(key, scope, offset, false),
      value,
      ...source.lines.at(offset)
    }))
  const parts = node[name] as readonly ParsedNode[]
  return {
    ...qualified(name, scope, startIndex, true),
    attributes,
    children: parts.filter(part => META in part).map(part => toElement(part, scope, source)),
    text: firstText(parts, end, source),
    ...source.lines.at(startIndex)
  }
}

/** The tag is known to be well-formed: one pass over it finds where each attribute begins and where the tag ends. */
function attributeOffsets(text: string, from: number): { offsets: Map<string, number>; end: number } {
  const offsets = new Map<string, number>()
  let at = from
  for (;;) {
    ATTRIBUTE.lastIndex = at
    const found = ATTRIBUTE.exec(text)
    if (found?.[1] === undefined) return { offsets, end: text.indexOf('>', at) + 1 }
    offsets.set(found[1], at + found[0].indexOf(found[1]))
    at = ATTRIBUTE.lastIndex
  }
}

function withDeclarations(attributes: readonly { name: string; value: string }[], outer: Scope): Scope {
  const prefixes = new Map<string, string>()
  for (const { name, value } of attributes) {
    if (name === 'xmlns') prefixes.set('', value)
    else if (name.startsWith('xmlns:')) prefixes.set(name.slice(6), value)
  }
  return prefixes.size === 0 ? outer : { outer, prefixes }
}

function qualified(name: string, scope: Scope, offset: number, isElement: boolean) {
  const colon = name.indexOf(':')
  if (colon === -1) return { name, localName: name, namespace: isElement ? (find('', scope) ?? '') : '' }
  const prefix = name.slice(0, colon)
  const localName = name.slice(colon + 1)
  const namespace = find(prefix, scope)
  if (namespace === undefined || prefix === '' || localName === '' || localName.includes(':')) {
    throw new XmlFlaw(offset, `${shown(name)}: no namespace is declared for the prefix ${shown(prefix)}`)
  }
  return { name, localName, namespace }
}

function find(prefix: string, scope: Scope): string | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const namespace = at.prefixes.get(prefix)
    if (namespace !== undefined) return namespace
  }
  return undefined
}

function firstText(parts: readonly ParsedNode[], from: number, source: Source): XmlElement['text'] {
  let at = from
  for (const part of parts) {
    if (META in part) {
      at = (part[META] as { endIndex: number }).endIndex
    } else {
      const text = part['#text']
      const value = typeof text === 'string' ? text.trim() : ''
      if (value !== '') return { value, ...source.lines.at(skipSpaceAndComments(source.text, at)) }
    }
  }
  return null
}

function skipSpaceAndComments(text: string, from: number): number {
  const space = /[ \t\r\n]*/y
  for (let at = from; ;) {
    space.lastIndex = at
    space.exec(text)
    if (!text.startsWith('<!--', space.lastIndex)) return space.lastIndex
    at = text.indexOf('-->', space.lastIndex) + 3
  }
}

/** XML 1.0 §3.3.3: white space as written becomes a space, a character reference to white space stays what it says. */
function decode(raw: string): string {
  return raw
    .replaceAll(/[\t\r\n]/g, ' ')
    .replaceAll(/&(#x?)?([0-9A-Za-z]+);/g, (_, number: string | undefined, word: string) => {
      if (number === undefined) return PREDEFINED[word] ?? ''
      return String.fromCodePoint(Number.parseInt(word, number === '#x' ? 16 : 10))
    })
}
