// Holds a document against the grammar of JSL: names every element and attribute that is wrong, missing, doubled or out of order.
import { label, type JslAttribute, type SourceElement } from './job-source.ts'
import { shown, type ProblemList } from './jsl-problem.ts'
import { ruleOf, type ElementRule } from './jsl-schema.ts'
import { parseTemplate, TemplateFlaw, type Template } from './template.ts'
import type { XmlElement } from './xml.ts'

const NAMESPACES = ['http://xmlns.jcp.org/xml/ns/javaee', 'https://jakarta.ee/xml/ns/jakartaee', '']
const VERSIONS = ['1.0', '2.0', '2.1']
// Attributes that are read as written: ids are xs:ID, the version is fixed.
const LITERAL = new Set(['id', 'version'])

/**
 * The document as a job; what JSL does not know is reported and left out, what is left can be read further, so that
 * one answer holds all problems. Returns `null` if the root is no job.
 */
export function checkStructure(root: XmlElement, problems: ProblemList): SourceElement | null {
  if (root.localName !== 'job') {
    problems.add(root, `the root element is <${cut(root.name)}>; a JSL is one <job>`)
    return null
  }
  if (!NAMESPACES.includes(root.namespace)) {
    problems.add(
      root,
      `the namespace ${shown(root.namespace)} is not JSL's; use ${NAMESPACES[0]} or ${NAMESPACES[1]}`
    )
    return null
  }
  return readElement(root, '', root.namespace, problems)
}

function readElement(
  xml: XmlElement,
  parent: string,
  namespace: string,
  problems: ProblemList
): SourceElement {
  const rule = ruleOf(xml.localName, parent) ?? { attributes: {}, children: [] }
  const attributes = readAttributes(xml, rule, namespace, problems)
  const element = { name: xml.localName, line: xml.line, column: xml.column, attributes }
  const name = label({ ...element, children: [] })
  if (xml.text !== null) {
    problems.add(
      xml.text,
      `text ${shown(xml.text.value)} stands in ${name}, which holds elements only; remove it`
    )
  }
  const children = checkChildren(xml, rule, name, namespace, problems)
  return {
    ...element,
    children: children.map(child => readElement(child, xml.localName, namespace, problems))
  }
}

function readAttributes(xml: XmlElement, rule: ElementRule, namespace: string, problems: ProblemList) {
  const found: Record<string, JslAttribute<Template>> = {}
  for (const attribute of xml.attributes) {
    const { localName, value } = attribute
    // Attributes of other namespaces (xsi:schemaLocation, xml:lang) are nobody's business here.
    if (attribute.name.includes(':') && (attribute.namespace !== namespace || namespace === '')) continue
    if (attribute.name.includes(':') || !Object.hasOwn(rule.attributes, localName)) {
      const known = Object.keys(rule.attributes).join(', ') || 'none'
      problems.add(
        attribute,
        `<${cut(xml.localName)}> has no attribute ${shown(attribute.name)}; it has: ${known}`
      )
      continue
    }
    let template: Template = value
    try {
      if (!LITERAL.has(localName)) template = parseTemplate(value)
    } catch (flaw) {
      if (!(flaw instanceof TemplateFlaw)) throw flaw
      problems.add(attribute, `${localName} of <${xml.localName}>: ${flaw.message}`)
    }
    const { line, column } = attribute
    found[localName] = { value: template, line, column, substituted: typeof template !== 'string' }
    if (localName === 'version' && !VERSIONS.includes(value)) {
      problems.add(attribute, `version ${shown(value)} is unknown; use one of ${VERSIONS.join(', ')}`)
    }
  }
  for (const [name, need] of Object.entries(rule.attributes)) {
    if (need === 'required' && !Object.hasOwn(found, name)) {
      problems.add(xml, `<${xml.localName}> lacks the attribute "${name}"`)
    }
  }
  return found
}

/** Walks the children and the rule's places side by side, each once; returns the children that belong here. */
function checkChildren(
  xml: XmlElement,
  rule: ElementRule,
  name: string,
  namespace: string,
  problems: ProblemList
) {
  const counts = rule.children.map(() => 0)
  const kept: XmlElement[] = []
  let place = 0
  for (const child of xml.children) {
    const at = rule.children.findIndex(({ names }) => names.includes(child.localName))
    const places = rule.children[at]
    if (child.namespace !== namespace) {
      problems.add(
        child,
        `<${cut(child.name)}> is in the namespace ${shown(child.namespace)}, its job in ${shown(namespace)}`
      )
    } else if (places === undefined) {
      const allowed = rule.children.flatMap(({ names }) => names).join(', ') || 'nothing'
      problems.add(child, `<${cut(child.localName)}> cannot stand in ${name}; allowed there: ${allowed}`)
    } else {
      if (at < place) {
        const later = rule.children[place]?.names.map(other => `<${other}>`).join(', ')
        problems.add(child, `<${child.localName}> must stand before ${later} in ${name}`)
      }
      place = Math.max(place, at)
      counts[at] = (counts[at] ?? 0) + 1
      if (counts[at] === places.most + 1) {
        problems.add(child, `${name} may have only one ${places.names.map(one => `<${one}>`).join(' or ')}`)
      }
      if (counts[at] <= places.most) kept.push(child)
    }
  }
  rule.children.forEach(({ names, least }, at) => {
    if (least > 0 && counts[at] === 0) problems.add(xml, missing(name, names))
  })
  return kept
}

function missing(name: string, names: readonly string[]): string {
  const [first, second] = names
  if (names.length === 1) return `${name} lacks <${first}>`
  if (names.length === 2) return `${name} has neither <${first}> nor <${second}>`
  return `${name} is empty; it needs at least one ${names.map(one => `<${one}>`).join(', ')}`
}

function cut(name: string): string {
  return shown(name).slice(1, -1)
}
